internal import Checkpoints
internal import Foundation
internal import MaskFiles
internal import Models
internal import Program
internal import Pruning
internal import Session
internal import Tasks
internal import Tensors
internal import Training

/// How `parp prune` chooses what to prune.
enum PruneChoice: String, Sendable, CaseIterable {
    /// The smallest magnitudes.
    case magnitude
    /// Random weights.
    case random
}

extension Prune {
    fileprivate var scope: PruningScope { byLayer ? .layer : .global }
}

/// Prunes a fine-tuned or pre-trained model once, without training, and writes it with its mask.
func runPrune(_ options: Prune, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        guard (0...1).contains(options.sparsity) else {
            throw UserError(.usage, "--sparsity is \(options.sparsity); it must be from 0 to 1, e.g. 0.5")
        }
        try OutputPlace(
            options.output, reading: [options.model] + [options.within].compactMap { $0 },
            overwrites: options.overwrite.isAsked
        ).requireFreeForModel()
        let model = try LoadedModel(try StoredModel.open(options.model), seed: UInt64(options.seed))
        let values = model.store.values.all
        let pool = PrunablePool(
            model.layout, includesBiases: options.biases?.includesBiases ?? !model.source.isText)
        let (mask, threshold) = try choose(options, values, pool)
        var provenance = MaskProvenance(
            method: options.method.rawValue, update: 0, sparsityTarget: options.sparsity,
            threshold: threshold, origin: options.method == .random ? .random : .magnitude,
            scope: options.scope, seed: options.method == .random ? options.seed : nil,
            parent: options.model)
        provenance.prune(values, by: mask, of: pool)
        try writeModelDirectory(at: options.output, weights: model.writer, files: model.files())
        try MaskFile.write(mask, pool: pool, provenance: provenance, to: options.output + "/mask.safetensors")
        for remark in mask.remarks(on: pool) { print(remark) }
        print(
            "\(options.output): \(mask.prunedCount) of \(mask.count) prunable weights are zero "
                + String(format: "(%.4f %%)", 100 * mask.sparsity))
    }
}

private func choose(
    _ options: Prune, _ values: Tensor, _ pool: PrunablePool
) throws -> (PruningMask, Float) {
    switch options.method {
    case .magnitude:
        let includesBiases = pool.members.contains { $0.slot.shape.rank == 1 }
        let earlier = try options.within.map {
            try StoredMask.load($0, includesBiases: includesBiases).mask(for: pool)
        }
        let selection = try magnitudeMask(
            values: values, pool: pool, sparsity: options.sparsity, scope: options.scope, within: earlier)
        return (selection.mask, selection.threshold)
    case .random:
        guard options.within == nil else {
            throw UserError(.usage, "--within is for magnitudes; leave it out with --method random")
        }
        let mask = randomMask(
            pool: pool, sparsity: options.sparsity, seed: UInt64(options.seed), scope: options.scope)
        return (mask, 0)
    }
}
