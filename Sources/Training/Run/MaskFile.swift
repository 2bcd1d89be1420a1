internal import Checkpoints
internal import Pruning
internal import Tensors

/// Where a mask came from, as its file says.
struct MaskProvenance: Sendable {
    var method: String
    var update: Int
    var sparsityTarget: Double
    var threshold: Float
    var parent: String
    var weightsHash: UInt64
}

/// Writes masks as bit-packed safetensors: one U8 tensor a parameter, row-major, lowest bit first.
enum MaskFile {
    static func write(
        _ mask: PruningMask, pool: PrunablePool, provenance: MaskProvenance, to path: String
    ) throws {
        var writer = SafetensorsWriter(metadata: [
            "format": "parp-mask", "bit_order": "little", "method": provenance.method, "scope": "global",
            "step": String(provenance.update), "sparsity_target": String(provenance.sparsityTarget),
            "sparsity": String(mask.sparsity), "kept": String(mask.keptCount), "total": String(mask.count),
            "threshold": String(provenance.threshold), "tie_rule": "first in the pool is pruned first",
            "mask_hash": ContentHash.text(mask.hash),
            "weights_hash": ContentHash.text(provenance.weightsHash),
            "parent": provenance.parent, "tool_version": parpVersion,
        ])
        for member in pool.members {
            writer.add(member.slot.name, bytes: mask.packedBytes(member.range))
        }
        try writer.write(to: path)
    }
}
