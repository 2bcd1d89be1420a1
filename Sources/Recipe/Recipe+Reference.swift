extension Recipe {
    /// All keys with their defaults, values and meanings, in Markdown.
    package static var reference: String {
        var lines = [
            "# The recipe", "",
            "<!-- Printed by `parp recipe --markdown`; a test compares. Change Sources/Recipe instead. -->",
            "",
            "A TOML file. Every key has a default, so that a recipe needs to state only what differs; `parp recipe`",
            "prints one with all keys. An unknown key, a wrong type or a value out of range is refused, all faults at",
            "once, with their lines. `--set section.key=value` changes a key from the command line. Paths are relative",
            "to the folder in which the command runs; those inside a manifest, to the manifest's.", "",
            "`parp train` and `parp pretrain` read the same file, each its own keys: a key of the other command is refused.",
            "Which has a key of one command only stands before its meaning, and so does a default that differs.",
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
            let (tuning, pretraining) = (key.get(Recipe()).toml, key.get(Recipe(for: .preTraining)).toml)
            var note = ""
            if !key.belongs(to: .fineTuning) { note = "`pretrain` only: " }
            if !key.belongs(to: .preTraining) {
                note = "`train` only: "
            } else if tuning != pretraining {
                note = "(`pretrain`: `\(pretraining)`) "
            }
            let rule = key.rule.isEmpty ? "" : "; must \(key.rule)"
            lines.append(
                "| `\(key.name)` | `\(tuning)` | \(key.expectation)\(rule) | \(note)\(key.meaning) |"
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
