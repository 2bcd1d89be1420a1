internal import Checkpoints
internal import Foundation
internal import JSON
internal import Program
package import Tensors

/// Hashes of a run's inputs, by the recipe's keys that name them, kept in its `inputs.json`: it resumes only
/// with the same content, wherever that is by then.
package struct RunContent: Sendable, Equatable {
    /// A key's path, and the hash of what it names.
    package private(set) var hashes: [(key: String, hash: String)] = []

    package init() {}

    /// Adds the hash of what a key names.
    package mutating func add(_ key: String, _ hash: ContentHash) { hashes.append((key, hash.description)) }

    package static func == (left: RunContent, right: RunContent) -> Bool {
        left.hashes.map(\.key) == right.hashes.map(\.key)
            && left.hashes.map(\.hash) == right.hashes.map(\.hash)
    }
}

extension ContentHash {
    /// The hash of texts, in order.
    package init(texts: some Sequence<String>) {
        self.init()
        combine(texts.map(textHash))
    }
}

extension RunDirectory {
    private static var longest: Int { 1 << 16 }

    /// The file with the hashes of the run's inputs; runs of earlier versions have none.
    package var inputs: String { path + "/inputs.json" }

    /// Whether the run's inputs are recorded.
    var knowsContent: Bool { FileManager.default.fileExists(atPath: inputs) }

    /// Records a run's inputs.
    func keep(_ content: RunContent) throws {
        let members = content.hashes.map { JSONValue.Member($0.key, .string($0.hash)) }
        try AtomicFile.write(Data((JSONValue.object(members).text() + "\n").utf8), to: inputs)
    }

    /// Refuses to resume with other inputs than the run was started with.
    ///
    /// - Parameter place: The path of a key's content.
    func requireSame(_ content: RunContent, place: (String) -> String) throws {
        guard holdsRun, knowsContent else { return }
        guard let data = FileManager.default.contents(atPath: inputs), data.count <= Self.longest,
            let begun = try? JSONValue(parsing: data)
        else { throw CheckpointError(inputs, "is broken: it should hold the hashes of the run's inputs") }
        let others = content.hashes.filter { input in
            begun[input.key]?.string.map { $0 != input.hash } ?? false
        }
        guard others.isEmpty else {
            throw UserError(
                .data,
                "\(path) was started with other content:\n"
                    + others.map {
                        "  \($0.key) = \(place($0.key)) is not what it was (hash \($0.hash), "
                            + "it was \(begun[$0.key]?.string ?? ""))\n"
                    }.joined()
                    + "give the original content (if it was moved, with --set \(others[0].key)=PATH), "
                    + "or choose another --output")
        }
    }
}
