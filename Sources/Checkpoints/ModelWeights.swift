internal import Foundation

/// Opens a directory's weights: `model.safetensors`, its shards, or `pytorch_model.bin`.
public func openModelWeights(directory: String) throws(CheckpointError) -> any TensorSource {
    let files = FileManager.default
    func path(_ name: String) -> String { directory + "/" + name }
    if files.fileExists(atPath: path("model.safetensors")) {
        return try SafetensorsFile(path: path("model.safetensors"))
    }
    if files.fileExists(atPath: path("model.safetensors.index.json")) {
        return try ShardedSource(index: path("model.safetensors.index.json"))
    }
    if files.fileExists(atPath: path("pytorch_model.bin")) {
        return try TorchArchive(path: path("pytorch_model.bin"))
    }
    if files.fileExists(atPath: path("pytorch_model.bin.index.json")) {
        return try ShardedSource(index: path("pytorch_model.bin.index.json"))
    }
    throw CheckpointError(
        directory,
        "has no weights; looked for model.safetensors, pytorch_model.bin and their .index.json")
}
