/// One key of a recipe: its name, meaning, allowed values, tasks, and field.
///
/// Reading, writing, checking and documenting recipes all follow from `RecipeKey.all`.
package struct RecipeKey: Sendable {
    /// The section, empty for keys at the top.
    package let section: String
    /// The key.
    package let name: String
    /// Its meaning, with its unit.
    let meaning: String
    /// The expected kind of value.
    package let expectation: String
    /// The tasks whose recipes have it.
    package let tasks: Set<TaskKind>
    /// What changing the value affects.
    package let effect: Effect
    /// The rule for its value, as a sentence that starts with "must"; empty if there is none.
    package let rule: String
    /// Puts a value into a recipe; false if it has the wrong type.
    package let set: @Sendable (RecipeValue, inout Recipe) -> Bool
    /// The value in a recipe.
    package let get: @Sendable (Recipe) -> RecipeValue
    /// What is wrong with the value in a recipe, or nil.
    package let fault: @Sendable (Recipe) -> String?

    /// The key as on the command line: `section.name`.
    package var path: String { section.isEmpty ? name : "\(section).\(name)" }

    /// Whether another value would make another run; other keys may change on resuming.
    package var decidesResults: Bool { effect == .results || effect == .content }

    /// Whether it names a path: the path may change on resuming, if the content is the same.
    package var namesContent: Bool { effect == .content }

    /// Whether another value changes the last bits of sums, which a reproducible run must not do.
    package var decidesSums: Bool { effect == .sums }

    /// Whether recipes of a task have the key.
    package func belongs(to task: TaskKind) -> Bool { tasks.contains(task) }

    /// The keys of a task's recipes, in the order in which they are written.
    package static func all(for task: TaskKind) -> [RecipeKey] { all.filter { $0.belongs(to: task) } }

    /// What changing a key's value affects.
    package enum Effect: Sendable {
        /// Training results.
        case results
        /// Training results, through the content that it names.
        case content
        /// At most the last bits of sums, like the number of ranks.
        case sums
        /// Only time, memory, and what is observed.
        case nothing
    }

    /// A key for a field, with the rule for its value, as a sentence that starts with "must".
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
