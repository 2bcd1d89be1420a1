internal import MaskFiles
package import Pruning
internal import Tasks
internal import Training

/// Masks of one pool, read from files.
package struct MaskCollection: Sendable {
    private let pool: PrunablePool
    private let masks: [PruningMask]

    /// Reads masks of any format, in the first one's parameter order.
    ///
    /// - Throws: If one cannot be read, or has another pool.
    package init(_ paths: [String], includesBiases: Bool) throws {
        let stored = try paths.map { try StoredMask.load($0, includesBiases: includesBiases) }
        precondition(!stored.isEmpty, "no mask")
        let pool = stored[0].pool
        masks = try stored.map { try $0.mask(for: pool) }
        self.pool = pool
    }

    /// How two of them agree.
    package func comparison(_ first: Int, _ second: Int) -> MaskComparison {
        masks[first].comparison(with: masks[second])
    }

    /// The sparsity of each Transformer block in a mask.
    package func layerSparsities(_ index: Int) -> [Double] {
        MaskStatistics(masks[index], pool: pool).layers.map(\.all.sparsity)
    }
}
