/// One key of a recipe: its name, what it means, which values it takes, which tasks have it, and where it goes.
///
/// Reading, writing, checking and documenting recipes all follow from `RecipeKey.all`.
package struct RecipeKey: Sendable {
    /// The section, empty for keys at the top.
    package let section: String
    /// The key.
    package let name: String
    /// What it means, with its unit.
    let meaning: String
    /// What a file must hold.
    package let expectation: String
    /// The tasks whose recipes have it.
    package let tasks: Set<TaskKind>
    /// What another value changes.
    package let effect: Effect
    /// The rule that its value keeps, as a sentence that starts with "must"; empty if there is none.
    package let rule: String
    /// Puts a value into a recipe; false if it has the wrong type.
    package let set: @Sendable (RecipeValue, inout Recipe) -> Bool
    /// The value in a recipe.
    package let get: @Sendable (Recipe) -> RecipeValue
    /// What is wrong with the value in a recipe, or nil.
    package let fault: @Sendable (Recipe) -> String?

    /// The key as it is written on the command line: `section.name`.
    package var path: String { section.isEmpty ? name : "\(section).\(name)" }

    /// Whether a run with another value would be another run; the rest may change when one is resumed.
    package var decidesResults: Bool { effect == .results || effect == .content }

    /// Whether it says where something lies: it may lie elsewhere when a run is resumed, if it is still the same.
    package var namesContent: Bool { effect == .content }

    /// Whether another value changes the last bits of sums, which a reproducible run promises not to happen.
    package var decidesSums: Bool { effect == .sums }

    /// Whether recipes of a task have the key.
    package func belongs(to task: TaskKind) -> Bool { tasks.contains(task) }

    /// The keys of a task's recipes, in the order in which they are written.
    package static func all(for task: TaskKind) -> [RecipeKey] { all.filter { $0.belongs(to: task) } }

    /// What another value of a key changes.
    package enum Effect: Sendable {
        /// What is learnt.
        case results
        /// What is learnt, by what lies at the place that it names.
        case content
        /// The last bits of sums at most, as the number of ranks does.
        case sums
        /// Time, memory, and what is looked at.
        case nothing
    }

    /// A key of a field, with the rule that its value keeps, as a sentence that starts with "must".
    package init<Value: RecipeConvertible>(
        _ section: String, _ name: String, _ field: any WritableKeyPath<Recipe, Value> & Sendable,
        _ meaning: String, of tasks: Set<TaskKind> = Set(TaskKind.allCases),
        changes effect: Effect = .results,
        must rule: String = "",
        when isValid: @escaping @Sendable (Value) -> Bool = { _ in true }
    ) {
        self.section = section
        self.name = name
        self.meaning = meaning
        self.tasks = tasks
        self.effect = effect
        expectation = Value.expectation
        self.rule = rule
        set = { value, recipe in
            guard let converted = Value(value) else { return false }
            recipe[keyPath: field] = converted
            return true
        }
        get = { $0[keyPath: field].recipeValue }
        let path = section.isEmpty ? name : "\(section).\(name)"
        fault = { recipe in
            let value = recipe[keyPath: field]
            return isValid(value) ? nil : "\(path) is \(value.recipeValue.toml); it must \(rule)"
        }
    }
}
