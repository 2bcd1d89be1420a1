package import Checkpoints
internal import Foundation
package import Models
package import Pruning
package import Tensors

/// A mask from a file, with the names and shapes of its parameters; independent of any model.
package struct StoredMask: Sendable {
    /// A parameter's name and shape.
    package typealias Parameter = (name: String, shape: Shape)

    /// Its origin.
    package let path: String
    /// The parameters as a pool, whose offsets in a flat store have no meaning.
    package let pool: PrunablePool
    /// A bit for each of their weights.
    package let mask: PruningMask
    /// The provenance stated in the file.
    package let facts: [String: String]

    /// A mask of parameters, in their order; names must differ.
    package init(path: String, parameters: [Parameter], mask: PruningMask, facts: [String: String] = [:]) {
        var layout = ParameterLayout()
        for parameter in parameters {
            _ = layout.add(parameter.name, parameter.shape, role: PoolPlace(parameter.name).role)
        }
        self.path = path
        pool = PrunablePool(layout)
        precondition(mask.count == pool.count, "\(mask.count) bits for \(pool.count) weights")
        self.mask = mask
        self.facts = facts
    }

    /// Whether biases are masked too.
    package var includesBiases: Bool { pool.members.contains { $0.slot.shape.rank == 1 } }

    /// What is masked besides the blocks' projections, in a text model.
    package var extras: PrunableExtras {
        var extras: PrunableExtras = []
        for member in pool.members {
            let name = member.slot.name
            if name.contains("pooler.") || name.contains("sequence_summary.") { extras.insert(.pooler) }
            if name.contains("embedding") { extras.insert(.embeddings) }
            if name.hasSuffix(".rel_attn.r") { extras.insert(.relativePositions) }
        }
        return extras
    }

    /// The mask in the order of another pool, whose parameters must be the same.
    ///
    /// Names may lack their first part, as in models without a head.
    package func mask(for other: PrunablePool) throws(CheckpointError) -> PruningMask {
        var members = Dictionary(uniqueKeysWithValues: pool.members.map { ($0.slot.name, $0) })
        var builder = MaskBuilder()
        for wanted in other.members {
            let name = wanted.slot.name
            let headless = name.split(separator: ".").dropFirst().joined(separator: ".")
            guard let found = members.removeValue(forKey: name) ?? members.removeValue(forKey: headless)
            else {
                throw CheckpointError(
                    path, "has no mask of \(name); its \(pool.members.count) parameters are another pool's")
            }
            guard found.slot.shape == wanted.slot.shape else {
                throw CheckpointError(
                    path, "masks \(name) as \(found.slot.shape), but it is \(wanted.slot.shape)")
            }
            builder.append(mask, found.range)
        }
        if let extra = members.keys.min() {
            throw CheckpointError(
                path, "masks \(extra), which is not among the \(other.members.count) prunable parameters")
        }
        return builder.build()
    }

    /// Reads a mask in any format: a mask file, a state dict of `torch.nn.utils.prune`, a file of bitmasks, or the
    /// exact zeros of a model directory or a pack.
    ///
    /// - Parameters:
    ///   - bitOrder: The order of bits in bitmasks that do not state it.
    ///   - includesBiases: Whether a model's biases belong to its pool; nil is the default of recipes: yes
    ///     for speech models, no for text models.
    ///   - extras: What else belongs to a text model's pool.
    package static func load(
        _ path: String, bitOrder: BitOrder = .little, includesBiases: Bool? = nil,
        extras: PrunableExtras = []
    ) throws -> StoredMask {
        var isDirectory: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
        if exists && isDirectory.boolValue || StoredModel.isPack(path) {
            return try zeros(ofModel: path, includesBiases: includesBiases, extras: extras)
        }
        guard path.hasSuffix(".safetensors") else { return try TorchPruning.read(TorchArchive(path: path)) }
        let file = try SafetensorsFile(path: path)
        if file.metadata["format"] == MaskFile.format { return try MaskFile.read(file) }
        if TorchPruning.isHeld(by: file) { return try TorchPruning.read(file) }
        if BitmaskFile.isHeld(by: file) { return try BitmaskFile.read(file, defaultOrder: bitOrder) }
        throw CheckpointError(
            path,
            "holds no mask: neither parp's own, nor torch's …_mask, nor ….bitmask; "
                + "of a sparse model give the directory")
    }

    /// The mask of a model's exact zeros.
    private static func zeros(
        ofModel path: String, includesBiases: Bool?, extras: PrunableExtras
    ) throws -> StoredMask {
        let source = try StoredModel(path: path)
        let layout = try source.openNetwork(extras: extras).layout
        let pool = PrunablePool(layout, includesBiases: includesBiases ?? !source.isText)
        let names = Set(pool.members.map(\.slot.name))
        let others = Set(layout.slots.map(\.name)).subtracting(names)
        let values = FlatBuffer(count: layout.count)
        let weights = try source.openWeights()
        let report = try loadParameters(from: weights, into: values.all, layout: layout, skipping: others)
        if let missing = report.missing.first(where: { names.contains($0.name) }) {
            throw CheckpointError(weights.path, "lacks \(missing.name), which config.json promises")
        }
        return StoredMask(
            path: path, parameters: pool.members.map { ($0.slot.name, $0.slot.shape) },
            mask: nonzeroMask(values: values.all, pool: pool))
    }
}
