extension Recipe {
    /// The recipe as a file: every key with its value and meaning.
    ///
    /// Reading it gives the same recipe.
    package var toml: String {
        var lines: [String] = []
        var section = ""
        let keys = RecipeKey.all(for: task)
        let width = keys.map { $0.name.count + $0.get(self).toml.count }.max() ?? 0
        for key in keys {
            if key.section != section {
                section = key.section
                lines += ["", "[\(section)]"]
            }
            let assignment = "\(key.name) = \(key.get(self).toml)"
            let padding = String(repeating: " ", count: max(1, min(width, 46) - assignment.count))
            lines.append(assignment + padding + "# " + key.meaning)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A key's value as in a file; empty for an unknown key.
    package func text(of path: String) -> String {
        RecipeKey.all.first { $0.path == path }?.get(self).toml ?? ""
    }
}
