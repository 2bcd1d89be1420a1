public import JSON

/// The names of a classifier's rows: `id2label` and `label2id` of a `config.json`.
public struct LabelNames: Sendable, Equatable {
    /// One name per row.
    public let names: [String]

    /// The names of a classifier's rows.
    public init(_ names: [String]) { self.names = names }

    /// The names that a configuration states, or nil if it states none.
    ///
    /// - Throws: `CheckpointError` if the rows are not numbered from 0 on, each once.
    public init?(of config: JSONValue, path: String) throws(CheckpointError) {
        guard let stated = config["id2label"], stated != .null else { return nil }
        guard let members = stated.members else {
            throw CheckpointError(path, "id2label must be an object of rows and their names")
        }
        var names = [String?](repeating: nil, count: members.count)
        for member in members {
            guard let row = Int(member.key), names.indices.contains(row), names[row] == nil,
                let name = member.value.string
            else {
                throw CheckpointError(
                    path,
                    "id2label names row \"\(member.key)\" \(member.value.line); rows must run from 0 to "
                        + "\(members.count - 1), each once, with a string")
            }
            names[row] = name
        }
        self.names = names.compactMap { $0 }
    }

    /// Whether they are transformers' default names: `LABEL_0` and so on.
    public var isUnnamed: Bool { names.enumerated().allSatisfy { $0.element == "LABEL_\($0.offset)" } }

    /// The row of a name, or nil.
    public func row(of name: String) -> Int? { names.firstIndex(of: name) }
}

extension JSONValue {
    /// A classifier's configuration with these row names.
    public func naming(_ labels: LabelNames) -> JSONValue {
        var config = self
        let rows = labels.names.enumerated()
        config["id2label"] = .object(rows.map { Member(String($0.offset), .string($0.element)) })
        // For equal names, the first row.
        config["label2id"] = .object(
            rows.filter { labels.row(of: $0.element) == $0.offset }
                .map { Member($0.element, .integer($0.offset)) })
        return config
    }
}
