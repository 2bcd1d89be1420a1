internal import Checkpoints
internal import MaskFiles
internal import Models
internal import Pruning
package import Recipe
internal import Tensors
internal import Training

/// The mask of a model's smallest magnitudes, to be written to a file that one run passes to the next.
package struct MagnitudeMaskFile: Sendable {
    /// The model directory.
    package let model: String
    /// The share of the pool to prune.
    package let sparsity: Double
    /// A mask, in any readable format, whose pruned weights stay pruned and count towards the sparsity.
    package let within: String?

    /// The mask of a model.
    package init(model: String, sparsity: Double, within: String? = nil) {
        self.model = model
        self.sparsity = sparsity
        self.within = within
    }

    /// Ranks the pool as the recipe does, and writes the mask with its origin.
    package func write(to path: String, pruning recipe: Recipe) throws {
        let model = try LoadedModel(try StoredModel.open(self.model), extras: recipe.prunableExtras)
        let values = model.store.values.all
        let pool = PrunablePool(model.layout, includesBiases: recipe.pruning.includeBiases)
        let earlier = try within.map {
            try StoredMask.load(
                $0, includesBiases: recipe.pruning.includeBiases, extras: recipe.prunableExtras
            ).mask(for: pool)
        }
        let selection = try magnitudeMask(
            values: values, pool: pool, sparsity: sparsity, scope: recipe.pruning.scope, within: earlier)
        var provenance = MaskProvenance(
            method: "magnitude", update: 0, sparsityTarget: sparsity, threshold: selection.threshold,
            scope: recipe.pruning.scope, parent: self.model)
        provenance.prune(values, by: selection.mask, of: pool)
        try MaskFile.write(selection.mask, pool: pool, provenance: provenance, to: path)
    }
}
