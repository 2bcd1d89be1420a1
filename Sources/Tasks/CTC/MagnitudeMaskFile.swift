internal import Checkpoints
internal import MaskFiles
internal import Models
internal import Pruning
package import Recipe
internal import Tensors
internal import Training

/// The mask of a model's smallest magnitudes, to be written to a file: what one run hands to the next.
package struct MagnitudeMaskFile: Sendable {
    /// The model directory.
    package let model: String
    /// The share of the pool that is pruned.
    package let sparsity: Double
    /// A mask whose pruned weights stay pruned and count towards the sparsity, of any kind that can be read.
    package let within: String?

    /// The mask of a model.
    package init(model: String, sparsity: Double, within: String? = nil) {
        self.model = model
        self.sparsity = sparsity
        self.within = within
    }

    /// Ranks the pool of a recipe as the recipe does, and writes the mask with where it came from.
    package func write(to path: String, pruning recipe: Recipe) throws {
        let model = try PrunableModel(path: self.model, extras: recipe.prunableExtras)
        let layout = model.layout
        let values = FlatBuffer(count: layout.count)
        try model.loadWeights(into: values.all, seed: 0)
        let pool = PrunablePool(layout, includesBiases: recipe.pruning.includeBiases)
        let earlier = try within.map {
            try StoredMask.load(
                $0, includesBiases: recipe.pruning.includeBiases, extras: recipe.prunableExtras
            ).mask(for: pool)
        }
        let selection = try magnitudeMask(
            values: values.all, pool: pool, sparsity: sparsity, scope: recipe.pruning.scope, within: earlier)
        let parentHash = contentHash(values.all)
        selection.mask.apply(to: values.all, pool: pool)
        let provenance = MaskProvenance(
            method: "magnitude", update: 0, sparsityTarget: sparsity, threshold: selection.threshold,
            scope: recipe.pruning.scope, parent: self.model, parentHash: parentHash.description,
            weightsHash: contentHash(values.all).value)
        try MaskFile.write(selection.mask, pool: pool, provenance: provenance, to: path)
    }
}
