/// A value of a recipe that follows from others unless the recipe says it.
package enum Automatic<Value: RecipeConvertible & Equatable>: Equatable, Sendable {
    /// What follows.
    case automatic
    /// What the recipe says.
    case value(Value)

    /// The value, where the recipe says one.
    package var stated: Value? {
        if case .value(let value) = self { value } else { nil }
    }

    /// Whether the recipe says nothing, or what a rule allows.
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
