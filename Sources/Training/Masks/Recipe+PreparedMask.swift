internal import Foundation
internal import MaskFiles
internal import Program
internal import Pruning
internal import Recipe
internal import Tensors

extension Recipe {
    /// Tolerance between a file's sparsity and the recipe's: other tools may round each layer separately.
    private static let sparsityTolerance = 1e-3

    /// The first mask, if it is not computed from the weights' magnitudes.
    ///
    /// - Throws: If a file holds a mask of another pool, or of another sparsity than the recipe's.
    func preparedMask(pool: PrunablePool, layout: ParameterLayout) throws -> PruningMask? {
        let sparsity = pruning.firstSparsity
        switch pruning.firstMask {
        case .automatic, .magnitude:
            return nil
        case .random:
            return randomMask(pool: pool, sparsity: sparsity, seed: UInt64(seed), scope: pruning.scope)
        case .randomModel:
            let values = FlatBuffer(count: layout.count)
            layout.initialize(values.all, seed: UInt64(seed))
            return try magnitudeMask(
                values: values.all, pool: pool, sparsity: sparsity, scope: pruning.scope
            ).mask
        case .file(let path):
            let mask = try StoredMask.load(
                path, includesBiases: pruning.includeBiases, extras: prunableExtras
            ).mask(for: pool)
            guard abs(mask.sparsity - sparsity) <= Self.sparsityTolerance else {
                let key = pruning.axes.schedule == .constant ? "sparsity" : "start_sparsity"
                throw UserError(
                    .usage,
                    "\(path) has a sparsity of \(String(format: "%.4f", mask.sparsity)), pruning.\(key) is "
                        + "\(sparsity); set pruning.\(key) = \(String(format: "%.4f", mask.sparsity))")
            }
            return mask
        }
    }
}
