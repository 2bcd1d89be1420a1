internal import Foundation
internal import Recipe

extension FittedRecipe {
    /// The column at which reasons begin.
    private static let reasonColumn = 46

    /// The recipe as a file: choices with their reasons, in the order of all keys.
    ///
    /// - Parameter head: Comment lines before it.
    package func toml(head: [String]) -> String {
        var lines = head.map { "# \($0)" }
        var section = ""
        for key in RecipeKey.all(for: facts.task) {
            guard let choice = choices.first(where: { $0.path == key.path }) else { continue }
            if key.section != section {
                section = key.section
                lines += ["", "[\(section)]"]
            } else if section.isEmpty {
                lines.append("")
            }
            let assignment = "\(key.name) = \(choice.value.toml)"
            let padding = String(repeating: " ", count: max(1, Self.reasonColumn - assignment.count))
            lines.append(assignment + padding + "# " + choice.reason)
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
