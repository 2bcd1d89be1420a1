/// How two masks of one pool, or of a part of it, agree.
public struct MaskComparison: Sendable, Hashable {
    /// The weights compared.
    public let total: Int
    /// Those the first mask keeps.
    public let keptByFirst: Int
    /// Those the second mask keeps.
    public let keptBySecond: Int
    /// Those both keep.
    public let keptByBoth: Int

    /// Those either keeps.
    public var keptByEither: Int { keptByFirst + keptBySecond - keptByBoth }

    /// IOU, intersection over union: |m₁ ∧ m₂| / |m₁ ∨ m₂| over kept weights; 1 if neither keeps any.
    public var intersectionOverUnion: Double {
        keptByEither > 0 ? Double(keptByBoth) / Double(keptByEither) : 1
    }

    /// Overlap: the share of the kept weights of the mask that keeps fewer that the other keeps too.
    ///
    /// For masks of equal sparsity it is symmetric. 1 if one keeps none.
    public var overlap: Double {
        let fewer = min(keptByFirst, keptBySecond)
        return fewer > 0 ? Double(keptByBoth) / Double(fewer) : 1
    }

    /// The expected IOU of independent masks of these sparsities.
    public var expectedByChance: Double {
        guard total > 0 else { return 1 }
        let both = Double(keptByFirst) * Double(keptBySecond) / Double(total)
        let either = Double(keptByFirst + keptBySecond) - both
        return either > 0 ? both / either : 1
    }
}

extension PruningMask {
    /// Compares with another mask of the same pool.
    ///
    /// - Parameter range: The part of the pool that is compared; nil compares all of it.
    public func comparison(with other: PruningMask, in range: Range<Int>? = nil) -> MaskComparison {
        precondition(count == other.count, "masks of \(count) and \(other.count) weights")
        let range = range ?? 0..<count
        var (first, second, both) = (0, 0, 0)
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 64) {
            let a = word(at: start, limit: range.upperBound)
            let b = other.word(at: start, limit: range.upperBound)
            first += a.nonzeroBitCount
            second += b.nonzeroBitCount
            both += (a & b).nonzeroBitCount
        }
        return MaskComparison(
            total: range.count, keptByFirst: first, keptBySecond: second, keptByBoth: both)
    }
}
