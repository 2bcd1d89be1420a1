/// A recipe value that is derived from others unless the recipe states it.
package enum Automatic<Value: RecipeConvertible & Equatable>: Equatable, Sendable {
    /// Derived.
    case automatic
    /// Stated in the recipe.
    case value(Value)

    /// The value, if the recipe states one.
    package var stated: Value? {
        if case .value(let value) = self { value } else { nil }
    }

    /// Whether the recipe states nothing, or a value that a rule allows.
    package func isAutomatic(or isValid: (Value) -> Bool) -> Bool { stated.map(isValid) ?? true }
}

extension Automatic: RecipeConvertible {
    package static var expectation: String { "\"auto\" or \(Value.expectation)" }

    package init?(_ value: RecipeValue) {
        if value == .string("auto") {
            self = .automatic
        } else if let stated = Value(value) {
            self = .value(stated)
        } else {
            return nil
        }
    }

    package var recipeValue: RecipeValue { stated?.recipeValue ?? .string("auto") }
}
