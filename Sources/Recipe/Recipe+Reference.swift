extension Recipe {
    /// All keys with their defaults, values and meanings, in Markdown.
    package static var reference: String {
        var lines = [
            "# The recipe", "",
            "<!-- Printed by `parp recipe --markdown`; a test compares. Change Sources/Recipe instead. -->",
            "",
            "A TOML file. Every key has a default, so a recipe needs to state only what differs; `parp recipe`",
            "prints one with all keys. Unknown keys, wrong types and values out of range are refused, all at",
            "once, with their lines. `--set section.key=value` changes a key from the command line. Paths are relative",
            "to the current folder; those inside a manifest, to the manifest's.", "",
            "`task` says what is trained, and so which keys a recipe has: a key of another task is refused. `parp train`",
            "assumes `ctc` if a recipe names no task, `parp pretrain` assumes `pretrain`. If only some tasks have a key, a note",
            "before its meaning says so; another note gives a default that differs.",
        ]
        var section: String?
        for key in RecipeKey.all {
            if key.section != section {
                section = key.section
                lines += [
                    "", key.section.isEmpty ? "## At the top" : "## [\(key.section)]", "",
                    "| key | default | takes | meaning |", "|---|---|---|---|",
                ]
            }
            let value = key.get(Recipe(for: key.belongs(to: .ctc) ? .ctc : key.tasks.first ?? .ctc)).toml
            let rule = key.rule.isEmpty ? "" : "; must \(key.rule)"
            let note = key.taskNote(besides: value)
            lines.append(
                "| `\(key.name)` | `\(value)` | \(key.expectation)\(rule) | \(note)\(key.meaning) |"
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension RecipeKey {
    /// Which tasks have the key, if not all, and those whose default differs from `value`.
    fileprivate func taskNote(besides value: String) -> String {
        let others = TaskKind.allCases.filter { $0 != .ctc && tasks.contains($0) }.compactMap { task in
            let own = get(Recipe(for: task)).toml
            return own == value ? nil : "(`\(task.rawValue)`: `\(own)`) "
        }.joined()
        guard tasks.count < TaskKind.allCases.count else { return name == "task" ? "" : others }
        let names = TaskKind.allCases.filter(tasks.contains).map { "`\($0.rawValue)`" }
        return names.joined(separator: ", ") + " only: " + others
    }
}
