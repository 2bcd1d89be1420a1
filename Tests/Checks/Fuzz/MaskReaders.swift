import Foundation
import Recipe
import Tasks
import Tensors
import TestSupport

/// A weight and a bias of it.
func smallLayout() -> ParameterLayout {
    var layout = ParameterLayout()
    _ = layout.add("layers.0.attention.k_proj.weight", [3, 10], role: .prunable(layer: 0, kind: .key))
    _ = layout.add("layers.0.attention.k_proj.bias", [3], role: .prunable(layer: 0, kind: .key))
    _ = layout.add("norm.weight", [5])
    return layout
}

/// Files of masks: ours, bitmasks of compressed-tensors, and state dicts of `torch.nn.utils.prune`.
func maskReaders(work: String) throws -> [FuzzedReader] {
    let path = work + "/mask.safetensors"
    try InspectedReaders.writeMask(path, layout: smallLayout())
    let ours = [UInt8](FileManager.default.contents(atPath: path) ?? Data())
    let pruned = PickleWriter.dictionary { writer in
        writer.text("layer.weight_orig")
        writer.tensor(count: 8, sizes: [2, 4], strides: [4, 1])
        writer.text("layer.weight_mask")
        writer.tensor(storage: "1", count: 8, sizes: [2, 4], strides: [4, 1])
    }
    let values = ["0": floatBytes([1, 2, 3, 4, 5, 6, 7, 8]), "1": floatBytes([1, 0, 1, 1, 0, 0, 1, 1])]
    let bitmask = bitmaskFile()
    func reader(
        _ name: String, _ file: String, _ seeds: [[UInt8]], tokens: [[UInt8]],
        wrap: @escaping ([UInt8]) -> [UInt8] = { $0 }
    ) -> FuzzedReader {
        FuzzedReader(
            name: name, weight: 3, folders: seeds.map { [Seed(file, $0)] }, tokens: tokens, wrap: wrap
        ) { folder in
            try InspectedReaders.mask("\(folder)/\(file)", bigEndianBits: name == "bitmask")
        }
    }
    return [
        reader("mask", "mask.safetensors", [ours], tokens: jsonTokens),
        reader("bitmask", "model.safetensors", [bitmask], tokens: jsonTokens),
        reader("torch mask", "state.pt", [pruned], tokens: pickleTokens) { torchZip($0, storages: values) },
    ]
}

/// A bitmask of a weight of 3 × 10 that keeps 5 of it.
private func bitmaskFile() -> [UInt8] {
    let bits: [UInt8] = [1, 0, 3, 0, 1, 2]
    let header =
        #"{"__metadata__":{"bit_order":"little","masks_biases":"true"},"#
        + #""m.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#
        + #""m.bitmask":{"dtype":"U8","shape":[3,2],"data_offsets":[8,14]},"#
        + #""m.compressed":{"dtype":"F32","shape":[5],"data_offsets":[14,34]},"#
        + #""m.row_offsets":{"dtype":"I64","shape":[3],"data_offsets":[34,58]},"#
        + #""m.shape":{"dtype":"I64","shape":[2],"data_offsets":[58,74]}}"#
    let buffer =
        floatBytes([0, 1]) + bits + floatBytes([1, 2, 3, 4, 5]) + [0, 1, 3].flatMap { bytes(Int64($0)) }
        + [3, 10].flatMap { bytes(Int64($0)) }
    return safetensors(header, buffer: buffer)
}
