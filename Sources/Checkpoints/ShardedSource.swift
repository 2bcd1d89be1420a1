internal import Foundation
internal import JSON
public import Tensors

/// Weights spread over several files, by a `…index.json` beside them.
public struct ShardedSource: TensorSource {
    /// The index.
    public let path: String
    private let sourceOfName: [String: any TensorSource]

    /// Opens all shards of an index.
    public init(index path: String) throws(CheckpointError) {
        self.path = path
        guard let index = try ModelDirectory.json(path) else { throw CheckpointError(path, "no such file") }
        guard let map = index["weight_map"]?.members, !map.isEmpty else {
            throw CheckpointError(path, "has no \"weight_map\" of tensors and their files")
        }
        let folder = parent(of: path)
        var shards: [String: any TensorSource] = [:]
        var files: [String] = []
        for member in map {
            guard let file = member.value.string, !file.contains("/"), !file.hasPrefix(".") else {
                throw CheckpointError(
                    path, "tensor \(member.key): \(member.value.line) is not a file beside it")
            }
            if shards[file] == nil {
                shards[file] = try openShard((folder as NSString).appendingPathComponent(file))
                files.append(file)
            }
            guard shards[file]?.info(member.key) != nil else {
                throw CheckpointError(path, "tensor \(member.key) is not in \(file)")
            }
        }
        var sources: [String: any TensorSource] = [:]
        var fileOfName: [String: String] = [:]
        // All tensors of the shards, not only those in the index: unexpected ones must be reported.
        for (file, shard) in files.compactMap({ file in shards[file].map { (file, $0) } }) {
            for name in shard.names {
                if let other = fileOfName.updateValue(file, forKey: name) {
                    throw CheckpointError(path, "tensor \(name) is both in \(other) and in \(file)")
                }
                sources[name] = shard
            }
        }
        sourceOfName = sources
    }

    /// The names of all tensors, sorted.
    public var names: [String] { sourceOfName.keys.sorted() }
    /// A shard's entry for a tensor.
    public func info(_ name: String) -> TensorInfo? { sourceOfName[name]?.info(name) }
    /// Reads a tensor from its shard.
    public func read(_ name: String, into target: Tensor) throws(CheckpointError) {
        guard let source = sourceOfName[name] else { throw CheckpointError(path, "has no tensor \(name)") }
        try source.read(name, into: target)
    }
}

private func openShard(_ path: String) throws(CheckpointError) -> any TensorSource {
    path.hasSuffix(".safetensors") ? try SafetensorsFile(path: path) : try TorchArchive(path: path)
}
