extension Recipe {
    /// All keys with their defaults, values and meanings, in Markdown.
    static var reference: String {
        var lines = [
            "# The recipe", "",
            "<!-- Printed by `parp recipe --markdown`; a test compares. Change Sources/Training/Recipe instead. -->",
            "",
            "A TOML file. Every key has a default, so that a recipe needs to state only what differs; `parp recipe`",
            "prints one with all keys. An unknown key, a wrong type or a value out of range is refused, all faults at",
            "once, with their lines. `--set section.key=value` changes a key from the command line. Paths are relative",
            "to the folder in which the command runs; those inside a manifest, to the manifest's.",
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
            let rule = key.rule.isEmpty ? "" : "; must \(key.rule)"
            lines.append(
                "| `\(key.name)` | `\(key.get(Recipe()).toml)` | \(key.expectation)\(rule) | \(key.meaning) |"
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
