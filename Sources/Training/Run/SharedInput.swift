internal import Collectives
internal import Foundation
internal import Program
package import Recipe
package import Session
internal import Tensors

/// An input that must be the same on all ranks of a run: a file, a key of the recipe, the program.
package struct SharedInput: Codable, Sendable, Equatable {
    /// Its name in messages: a path, or a key.
    package let name: String
    /// A summary of its content: a value, or the size and a hash.
    package let content: String

    /// An input with this name and content.
    package init(_ name: String, _ content: String) { (self.name, self.content) = (name, content) }

    /// A file, or pieces of a large one.
    package init(file path: String) { self.init(path, of: path, wholeBelow: 64 << 20) }

    /// A file under a name common to all ranks: whole if it is smaller than a number of bytes, else pieces of
    /// it.
    package init(_ name: String, of path: String, wholeBelow limit: Int) {
        let digest = FileDigest(path: path, wholeBelow: limit)
        self.init(name, digest.map { "\($0.size) bytes, hash \($0.hash)" } ?? "no readable file")
    }

    /// The running program, whole: two builds may differ in one instruction.
    package static var program: SharedInput {
        let own = "/proc/self/exe"
        let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: own)) ?? own
        let digest = FileDigest(path: own, wholeBelow: .max)
        return SharedInput(path, digest.map { "\($0.size) bytes, hash \($0.hash)" } ?? "not readable")
    }

    /// The files of a model: those of its directory, or the single file and dictionaries beside it.
    package static func model(_ path: String) -> [SharedInput] {
        guard !path.isEmpty else { return [] }
        let files = FileManager.default
        guard let names = try? files.contentsOfDirectory(atPath: path) else {
            let folder = (path as NSString).deletingLastPathComponent
            let beside = (try? files.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
            let dictionaries = beside.filter { $0.hasPrefix("dict.") && $0.hasSuffix(".txt") }.sorted()
            return ([path] + dictionaries.map { (folder as NSString).appendingPathComponent($0) })
                .map(SharedInput.init(file:))
        }
        let endings = [".json", ".safetensors", ".bin", ".pt", ".txt", ".model"]
        let parts = names.filter { name in endings.contains { name.hasSuffix($0) } }.sorted()
        return parts.prefix(64).map { SharedInput(file: "\(path)/\($0)") }
    }

    /// The files and keys that determine a run.
    package static func run(_ recipe: Recipe, file: String) -> [SharedInput] {
        // A node's cache folder and number of threads may differ.
        let own = ["data.cache_directory", "distributed.threads_per_rank"]
        let keys = RecipeKey.all(for: recipe.task).filter { !own.contains($0.path) }
        let manifests = [recipe.manifests.train, recipe.manifests.valid].filter {
            FileDigest(path: $0, wholeBelow: 0) != nil
        }
        let named = [recipe.model.vocabulary].filter { !$0.isEmpty } + recipe.decoding.files
        return keys.map { SharedInput("\(file): \($0.path)", $0.get(recipe).toml) }
            + (manifests + named).map(SharedInput.init(file:)) + model(recipe.model.path)
    }
}

extension Session {
    /// Ends all ranks together, with 65, if one has other inputs than the rest.
    ///
    /// If all have the same, it costs one word per rank.
    package func requireSame(_ inputs: @autoclosure () -> [SharedInput]) throws {
        guard communicator.size > 1 else { return }
        let own = inputs()
        var hash = ContentHash(seed: UInt64(own.count))
        for input in own { hash.combine([textHash(input.name), textHash(input.content)]) }
        let hashes = try communicator.allGather([hash.value])
        guard hashes.contains(where: { $0 != hashes[0] }) else { return }
        let ranks = try exchange(RankInputs(host: communicator.hostName, inputs: own))
        throw CollectiveFailure(.data, disagreement(of: ranks))
    }

    /// Ends all ranks together, with 65, if they do not run the same program.
    package func requireSameProgram() throws { try requireSame([.program]) }
}

/// The inputs of one rank.
struct RankInputs: Codable {
    let host: String
    let inputs: [SharedInput]
}

/// A message about what differs between ranks, and where.
func disagreement(of ranks: [RankInputs]) -> String {
    var names: [String] = []
    var seen: Set<String> = []
    for input in ranks.flatMap(\.inputs) where seen.insert(input.name).inserted { names.append(input.name) }
    let held = ranks.map { rank in
        Dictionary(rank.inputs.map { ($0.name, $0.content) }, uniquingKeysWith: { $1 })
    }
    let lines = names.compactMap { name -> String? in
        let contents = held.map { $0[name] ?? "nothing" }
        guard contents.contains(where: { $0 != contents[0] }) else { return nil }
        var groups: [(content: String, ranks: [Int])] = []
        for (rank, content) in contents.enumerated() {
            if let group = groups.firstIndex(where: { $0.content == content }) {
                groups[group].ranks.append(rank)
            } else {
                groups.append((content, [rank]))
            }
        }
        let places = groups.map { group in
            "\(group.content) on \(hosts(of: group.ranks, in: ranks))"
        }
        return "  \(name): \(places.joined(separator: "; "))\n"
    }
    return "ranks have different inputs:\n" + lines.joined()
        + "put the same files where every node sees them, e.g. on a shared file system, and start again"
}

/// Some ranks and their hosts; of many, the first ones.
private func hosts(of numbers: [Int], in ranks: [RankInputs]) -> String {
    let named = 4
    let first = numbers.prefix(named).map { "\(ranks[$0].host) (rank \($0))" }.joined(separator: ", ")
    return numbers.count > named ? "\(first) and \(numbers.count - named) more ranks" : first
}
