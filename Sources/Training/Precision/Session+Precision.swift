internal import Collectives
internal import Pruning
package import Recipe
package import Session
package import Tensors

extension Session {
    /// Keeps a resumed run's choice of precision if the recipe leaves it to a probe.
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

    /// Decides the precision of products if the recipe leaves it to a probe: the same on all ranks, from
    /// simultaneous measurements of all.
    ///
    /// - Returns: The result; nil if the recipe states the precision.
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

    /// All ranks' combined measurements of a model's products, taken simultaneously.
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
    /// The approximate number of frames, or tokens, of one of a rank's passes.
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
