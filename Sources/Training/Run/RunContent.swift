internal import Checkpoints
internal import Foundation
internal import JSON
internal import Program
package import Tensors

/// The content that a run is about, by the recipe's keys that say where it lies: hashes that are kept with the run in
/// `inputs.json`, so that it goes on with the same content wherever that lies by then, and with no other.
package struct RunContent: Sendable, Equatable {
    /// A key's path, and the hash of what was found there.
    package private(set) var hashes: [(key: String, hash: String)] = []

    package init() {}

    /// Adds what was found at the place that a key names.
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

    /// Where the hashes of what the run was begun with are kept; runs of earlier versions have none.
    package var inputs: String { path + "/inputs.json" }

    /// Whether it is known what the run was begun with.
    var knowsContent: Bool { FileManager.default.fileExists(atPath: inputs) }

    /// Keeps what a run is begun with.
    func keep(_ content: RunContent) throws {
        let members = content.hashes.map { JSONValue.Member($0.key, .string($0.hash)) }
        try AtomicFile.write(Data((JSONValue.object(members).text() + "\n").utf8), to: inputs)
    }

    /// Refuses to go on with other content than the run was begun with.
    ///
    /// - Parameter place: Where a key's content was found.
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
                "\(path) was begun with other content:\n"
                    + others.map {
                        "  \($0.key) = \(place($0.key)) is not what it was (hash \($0.hash), "
                            + "it was \(begun[$0.key]?.string ?? ""))\n"
                    }.joined()
                    + "give what it was begun with (where it was moved, with --set \(others[0].key)=PATH), "
                    + "or choose another --output")
        }
    }
}
