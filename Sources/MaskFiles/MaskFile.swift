package import Checkpoints
internal import JSON
internal import Program
package import Pruning
package import Tensors

/// The provenance of a mask, as stated in its file.
package struct MaskProvenance: Sendable {
    /// The pruning method.
    package var method: String
    /// The updates done when the mask was made.
    package var update: Int
    /// The requested sparsity.
    package var sparsityTarget: Double
    /// The largest magnitude pruned.
    package var threshold: Float
    /// The source of the first mask: `magnitude`, `random`, `random_model` or a file.
    package var origin = InitialMask.magnitude
    /// What was ranked together.
    package var scope = PruningScope.global
    /// The seed of random numbers.
    package var seed: Int?
    /// The model that training started from.
    package var parent: String
    /// The hash of its weights.
    package var parentHash: String?
    /// The hash of the weights once they were pruned.
    package var weightsHash: UInt64

    /// Where a mask came from.
    package init(
        method: String, update: Int, sparsityTarget: Double, threshold: Float,
        origin: InitialMask = InitialMask.magnitude, scope: PruningScope = PruningScope.global,
        seed: Int? = nil, parent: String, parentHash: String? = nil, weightsHash: UInt64 = 0
    ) {
        self.method = method
        self.update = update
        self.sparsityTarget = sparsityTarget
        self.threshold = threshold
        self.origin = origin
        self.scope = scope
        self.seed = seed
        self.parent = parent
        self.parentHash = parentHash
        self.weightsHash = weightsHash
    }

    /// Applies a mask to weights, and notes what they were before and after.
    package mutating func prune(_ values: Tensor, by mask: PruningMask, of pool: PrunablePool) {
        func hash() -> ContentHash {
            var hash = ContentHash()
            hash.combine(values)
            return hash
        }
        parentHash = hash().description
        mask.apply(to: values, pool: pool)
        weightsHash = hash().value
    }

    fileprivate var strings: [String: String] {
        var strings = [
            "method": method, "step": String(update), "sparsity_target": String(sparsityTarget),
            "threshold": String(threshold), "origin": origin.text, "scope": scope.rawValue, "parent": parent,
            "tie_rule": "first in the pool is pruned first",
            "weights_hash": ContentHash.text(weightsHash), "tool_version": parpVersion,
        ]
        strings["seed"] = seed.map(String.init)
        strings["parent_hash"] = parentHash
        return strings
    }
}

/// Masks as bit-packed safetensors: one U8 tensor per parameter, row-major, lowest bit first.
///
/// The rest is in the metadata: the provenance, the hash of the mask, and as `parameters` a JSON object of
/// each parameter's shape, in the pool's order.
package enum MaskFile {
    /// The value of `format` in the metadata.
    package static let format = "parp-mask"

    package static func write(
        _ mask: PruningMask, pool: PrunablePool, provenance: MaskProvenance, to path: String
    ) throws(CheckpointError) {
        try write(mask, pool: pool, facts: provenance.strings, to: path)
    }

    /// Writes a mask with given facts, such as those of another file.
    package static func write(
        _ mask: PruningMask, pool: PrunablePool, facts: [String: String], to path: String
    ) throws(CheckpointError) {
        let shapes = JSONValue.object(
            pool.members.map { member in
                .init(
                    member.slot.name, .array(member.slot.shape.dimensions.map(JSONValue.integer)))
            })
        let own = [
            "format": format, "bit_order": "little", "parameters": shapes.line,
            "sparsity": String(mask.sparsity), "kept": String(mask.keptCount), "total": String(mask.count),
            "mask_hash": ContentHash.text(mask.hash),
        ]
        var writer = SafetensorsWriter(metadata: facts.merging(own) { _, own in own })
        for member in pool.members {
            writer.add(member.slot.name, bytes: mask.packedBytes(member.range))
        }
        try writer.write(to: path)
    }

    /// Reads a mask; every byte is accounted for, and its hash is checked.
    package static func read(_ file: SafetensorsFile) throws(CheckpointError) -> StoredMask {
        func fault(_ sentence: String) -> CheckpointError { CheckpointError(file.path, sentence) }
        guard file.metadata["format"] == format else {
            throw fault("is not a mask: its metadata lacks \"format\": \"\(format)\"")
        }
        guard file.metadata["bit_order"] == "little" else {
            throw fault("its bit order is \(file.metadata["bit_order"] ?? "not stated"), not little")
        }
        let parameters = try shapes(file.metadata["parameters"], path: file.path)
        guard parameters.map(\.name).sorted() == file.names else {
            throw fault("its metadata lists other parameters than those it has bits of")
        }
        var builder = MaskBuilder()
        for (name, shape) in parameters {
            let count = shape.count
            let bytes = try file.bytes(name)
            guard bytes.count == (count + 7) / 8 else {
                throw fault("\(name) has \(bytes.count) bytes, which is not a mask of its shape \(shape)")
            }
            guard count % 8 == 0 || bytes.last.map({ $0 >> UInt8(count % 8) == 0 }) ?? true else {
                throw fault("\(name) has bits after its \(count) weights")
            }
            builder.append(packedBytes: bytes[...], count: count)
        }
        let mask = builder.build()
        guard file.metadata["mask_hash"] == ContentHash.text(mask.hash) else {
            throw fault(
                "its bits have the hash \(ContentHash.text(mask.hash)), its metadata says "
                    + "\(file.metadata["mask_hash"] ?? "none"): it was changed or damaged")
        }
        let ours = ["format", "bit_order", "parameters", "sparsity", "kept", "total", "mask_hash"]
        return StoredMask(
            path: file.path, parameters: parameters, mask: mask,
            facts: file.metadata.filter { !ours.contains($0.key) })
    }

    /// The names and shapes of the metadata's `parameters`.
    private static func shapes(
        _ text: String?, path: String
    ) throws(CheckpointError) -> [StoredMask.Parameter] {
        guard let text else {
            throw CheckpointError(path, "its metadata does not say the parameters' shapes")
        }
        guard let members = try? JSONValue(parsing: Array(text.utf8)).members else {
            throw CheckpointError(path, "the parameters' shapes in its metadata are broken")
        }
        var parameters: [StoredMask.Parameter] = []
        for member in members {
            guard let extents = member.value.elements?.map(\.integer),
                let shape = Shape(checking: extents)
            else { throw CheckpointError(path, "\(member.key) has no shape that can be") }
            parameters.append((member.key, shape))
        }
        return parameters
    }
}

extension Shape {
    /// The maximum number of weights of a parameter: more than fits any current machine.
    private static let maximumCount = 1 << 36

    /// The shape that a file states, or nil if it is impossible: a dimension below 1, or too many weights.
    package init?(checking extents: [Int?]) {
        var product = 1
        for extent in extents {
            guard let extent, extent > 0 else { return nil }
            let (next, overflow) = product.multipliedReportingOverflow(by: extent)
            guard !overflow, next <= Self.maximumCount else { return nil }
            product = next
        }
        self.init(extents.compactMap(\.self))
    }
}
