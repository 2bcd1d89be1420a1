package import Collectives
package import Optimization
package import Pruning
package import Speech
package import Tensors
package import Text

/// A value that a recipe file can contain.
package enum RecipeValue: Sendable, Equatable {
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([RecipeValue])

    /// The value as TOML.
    package var toml: String {
        switch self {
        case .boolean(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .number(let value): "\(value)"
        case .string(let value):
            "\"" + value.unicodeScalars.map(Self.escaped).joined() + "\""
        case .array(let values): "[" + values.map(\.toml).joined(separator: ", ") + "]"
        }
    }

    /// A scalar escaped for double quotes.
    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\\", "\"": return "\\\(scalar)"
        case "\t": return "\t"
        default:
            guard scalar.value < 0x20 || scalar.value == 0x7F else { return String(scalar) }
            let digits = String(scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
    }
}

/// A Swift type that can be read from a recipe's value.
package protocol RecipeConvertible: Sendable {
    /// The expected kind of value, for messages: `a number`.
    static var expectation: String { get }
    init?(_ value: RecipeValue)
    var recipeValue: RecipeValue { get }
}

extension Bool: RecipeConvertible {
    package static var expectation: String { "true or false" }
    package init?(_ value: RecipeValue) {
        guard case .boolean(let value) = value else { return nil }
        self = value
    }
    package var recipeValue: RecipeValue { .boolean(self) }
}

extension Int: RecipeConvertible {
    package static var expectation: String { "a whole number" }
    package init?(_ value: RecipeValue) {
        guard case .integer(let value) = value else { return nil }
        self = value
    }
    package var recipeValue: RecipeValue { .integer(self) }
}

extension Double: RecipeConvertible {
    package static var expectation: String { "a number" }
    package init?(_ value: RecipeValue) {
        switch value {
        case .number(let value) where value.isFinite: self = value
        case .integer(let value): self = Double(value)
        default: return nil
        }
    }
    package var recipeValue: RecipeValue { .number(self) }
}

extension String: RecipeConvertible {
    package static var expectation: String { "a text in quotes" }
    package init?(_ value: RecipeValue) {
        guard case .string(let value) = value else { return nil }
        self = value
    }
    package var recipeValue: RecipeValue { .string(self) }
}

/// What a list in a recipe holds.
package protocol RecipeListElement: RecipeConvertible {
    /// What several of it are called: `numbers`.
    static var plural: String { get }
}

extension Double: RecipeListElement { package static var plural: String { "numbers" } }
extension String: RecipeListElement { package static var plural: String { "texts in quotes" } }

extension Array: RecipeConvertible where Element: RecipeListElement {
    package static var expectation: String { "a list of \(Element.plural)" }
    package init?(_ value: RecipeValue) {
        guard case .array(let values) = value else { return nil }
        let elements = values.compactMap(Element.init)
        guard elements.count == values.count else { return nil }
        self = elements
    }
    package var recipeValue: RecipeValue { .array(map(\.recipeValue)) }
}

/// An enumeration whose raw values appear in recipes.
protocol RecipeChoice: RecipeConvertible, RawRepresentable<String>, CaseIterable {}

extension RecipeChoice {
    package static var expectation: String {
        let names = allCases.map { "\"\($0.rawValue)\"" }
        return names.count == 1
            ? "\(names[0]), the only one so far" : "one of " + names.joined(separator: ", ")
    }
    package init?(_ value: RecipeValue) {
        guard case .string(let name) = value else { return nil }
        self.init(rawValue: name)
    }
    package var recipeValue: RecipeValue { .string(rawValue) }
}

extension BadUtterances: RecipeChoice {}
extension AveragedModels: RecipeChoice {}
extension OptimizerKind: RecipeChoice {}
extension ComparedMethod: RecipeChoice {}
extension PruningScope: RecipeChoice {}
extension SparsitySchedule: RecipeChoice {}
extension PruningScore: RecipeChoice {}
extension PrunedWeights: RecipeChoice {}
extension IntervalUnit: RecipeChoice {}
extension WireFormat: RecipeChoice {}
extension Senders: RecipeChoice {}
extension GEMMPrecision: RecipeChoice {}
extension ScheduleKind: RecipeChoice {}
extension Manifest.Labels: RecipeChoice {}
extension TextCase: RecipeChoice {}
extension TextNormalization: RecipeChoice {}
extension Punctuation: RecipeChoice {}
extension UnknownCharacters: RecipeChoice {}
