package import Checkpoints
internal import Foundation
package import Pruning
package import Tensors

/// State dicts of `torch.nn.utils.prune`: a pruned parameter `p` is stored as `p_orig`, the unmasked weights,
/// and a buffer `p_mask` of ones and zeros; p itself is their product.
package enum TorchPruning {
    private static let maskSuffix = "_mask"
    private static let weightsSuffix = "_orig"

    /// Whether a source has masks in this format.
    package static func isHeld(by source: some TensorSource) -> Bool {
        source.names.contains { $0.hasSuffix(maskSuffix) }
    }

    /// Reads all masks, in the order of the pool.
    package static func read(_ source: some TensorSource) throws(CheckpointError) -> StoredMask {
        let names = source.names.filter { $0.hasSuffix(maskSuffix) }
            .map { String($0.dropLast(maskSuffix.count)) }
            .sorted { PoolPlace($0) < PoolPlace($1) }
        guard !names.isEmpty else {
            throw CheckpointError(
                source.path,
                "has no …_mask: save the state_dict() while the pruning is on, before prune.remove")
        }
        let limit = try fileSize(source.path)
        var builder = MaskBuilder()
        var parameters: [StoredMask.Parameter] = []
        for name in names {
            guard let info = source.info(name + maskSuffix) else { continue }
            // A view of one number can claim any shape; a saved mask has its numbers in the file.
            let shape = Shape(checking: info.shape.dimensions)
            guard let shape, shape.count <= limit / info.dataType.size else {
                throw CheckpointError(source.path, "\(name)\(maskSuffix) is larger than the file")
            }
            if let weights = source.info(name + weightsSuffix), weights.shape != shape {
                throw CheckpointError(
                    source.path, "\(name)\(maskSuffix) is \(shape), \(name)\(weightsSuffix) \(weights.shape)")
            }
            let values = FlatBuffer(count: max(1, shape.count))
            try source.read(name + maskSuffix, into: values[0..<shape.count])
            try append(values[0..<shape.count], to: &builder) { value in
                CheckpointError(source.path, "\(name)\(maskSuffix) holds \(value), not ones and zeros")
            }
            parameters.append((name, shape))
        }
        return StoredMask(path: source.path, parameters: parameters, mask: builder.build())
    }

    private static func append(
        _ values: Tensor, to builder: inout MaskBuilder, fault: (Float) -> CheckpointError
    ) throws(CheckpointError) {
        for start in stride(from: 0, to: values.count, by: 64) {
            let count = min(64, values.count - start)
            var word: UInt64 = 0
            for bit in 0..<count {
                let value = values[start + bit]
                guard value == 0 || value == 1 else { throw fault(value) }
                if value == 1 { word |= 1 << UInt64(bit) }
            }
            builder.append(word, count: count)
        }
    }

    /// Writes a model with its mask applied, in the form of `torch.nn.utils.prune`.
    package static func write(
        _ mask: PruningMask, pool: PrunablePool, values: Tensor, layout: ParameterLayout, to path: String
    ) throws(CheckpointError) {
        let pruned = Dictionary(uniqueKeysWithValues: pool.members.map { ($0.slot.index, $0) })
        let ones = FlatBuffer(count: max(1, pool.count))
        for index in 0..<pool.count { ones.all[index] = mask[index] ? 1 : 0 }
        var writer = SafetensorsWriter()
        for slot in layout.slots {
            guard let member = pruned[slot.index] else {
                writer.add(slot, of: values)
                continue
            }
            writer.add(slot.name + weightsSuffix, values.elements(slot.range), shape: slot.shape)
            writer.add(slot.name + maskSuffix, ones[member.range], shape: slot.shape)
        }
        try writer.write(to: path)
    }

    private static func fileSize(_ path: String) throws(CheckpointError) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(
            atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
        guard let size = attributes?[.size] as? Int else { throw CheckpointError(path, "cannot be read") }
        return size
    }
}
