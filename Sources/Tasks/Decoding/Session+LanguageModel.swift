internal import Checkpoints
internal import Collectives
package import Decoding
internal import Foundation
package import Session
internal import Tensors
internal import Training

extension Session {
    /// A language model for all ranks, which they open together: mapped where it lies, or where its format is to be
    /// converted first, by one rank of each node, what that made.
    ///
    /// - Throws: On all ranks alike, what is wrong with the file, or that it is not the same everywhere.
    package func openLanguageModel(_ path: String) throws -> any NGramModel {
        try requireSame([SharedInput(file: path)])
        let bytes = try together { try MappedBytes.file(path) }
        if let model = try together({ try naming(path) { try mappedModel(bytes) } }) { return model }
        let hosts = try exchange(communicator.hostName)
        let first = hosts.firstIndex(of: communicator.hostName) ?? communicator.rank
        let made = try together {
            first == communicator.rank ? try convertedModel(path, bytes, isNamed: true) : nil
        }
        defer { made?.loseName() }
        let places = try exchange(made?.path ?? "")
        return try together {
            if let made { return try MappedTrie(try made.mapped()) }
            // A container may have a folder for temporary files of its own.
            guard let bytes = try? MappedBytes.file(places[first]), let model = try? MappedTrie(bytes) else {
                return try MappedTrie(try convertedModel(path, bytes, isNamed: false).mapped())
            }
            return model
        }
    }
}
