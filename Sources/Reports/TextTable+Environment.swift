internal import Foundation
internal import JSON

extension TextTable {
    /// Where a run ran: what its `environment.json` says that is a word, a number or the command; nil without the file.
    package init?(environment path: String) {
        guard let content = FileManager.default.contents(atPath: path),
            let members = (try? JSONValue(parsing: content))?.members
        else { return nil }
        let rows = members.compactMap { member -> [String]? in
            switch member.value {
            case .string(let text): [member.key.replacing("_", with: " "), text]
            case .integer(let number): [member.key.replacing("_", with: " "), String(number)]
            case .array(let parts) where member.key == "command":
                ["command", parts.compactMap(\.string).joined(separator: " ")]
            default: nil
            }
        }
        self.init([.left("environment"), .left("")], rows: rows)
    }
}
