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
    throw CheckpointError(
        directory,
        "has no weights; looked for model.safetensors, model.safetensors.index.json and pytorch_model.bin")
}
