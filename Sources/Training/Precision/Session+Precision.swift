internal import Collectives
internal import Pruning
package import Recipe
package import Session
package import Tensors

extension Session {
    /// Takes over what a run that goes on found when it began, where the recipe leaves the choice to a probe.
    func keepPrecision(of directory: RunDirectory, in recipe: inout Recipe) throws {
        guard recipe.precision.gemm == .automatic else { return }
        let task = recipe.task
        let kept = try share(
            together {
                guard isRoot, directory.holdsRun else { return "" }
                return try directory.begunRecipe(task: task).precision.gemm.stated?.rawValue ?? ""
            })
        if let precision = GEMMPrecision(rawValue: kept) { recipe.precision.gemm = .value(precision) }
    }

    /// Decides what products multiply, where the recipe leaves it to a probe: the same on all ranks, by what all of them
    /// measured at the same time.
    ///
    /// - Returns: What was found; nil if the recipe says what to do.
    package func settlePrecision(
        of recipe: inout Recipe, layout: ParameterLayout
    ) throws -> PrecisionProbe? {
        guard recipe.precision.gemm == .automatic else { return nil }
        let probe = try probePrecision(
            layout, frames: recipe.framesOfPass(ranks: communicator.size),
            heldSparsity: recipe.pruning.sparsityHeldAtOnce)
        recipe.precision.gemm = .value(probe.precision)
        return probe
    }

    /// What all ranks, measuring at the same time, find of a model's products.
    package func probePrecision(
        _ layout: ParameterLayout, frames: Int, heldSparsity: Double
    ) throws -> PrecisionProbe {
        try communicator.barrier()
        let own = PrecisionProbe(
            layout, frames: min(max(frames, 64), 256), heldSparsity: heldSparsity)
        return PrecisionProbe(slowestOf: try exchange(own))
    }
}

extension Recipe {
    /// About how many frames, or tokens, a rank passes at once.
    fileprivate func framesOfPass(ranks: Int) -> Int {
        guard TaskKind.speech.contains(task) else { return data.rankTokens }
        return Int(50 * min(data.rankSeconds, data.batchSeconds / Double(ranks), 1e6))
    }
}

extension Recipe.Pruning {
    /// The share of the weights that a mask prunes from the first update on; 0 if none does.
    fileprivate var sparsityHeldAtOnce: Double {
        method != .dense && axes.holdFrom == 0 ? firstSparsity : 0
    }
}
