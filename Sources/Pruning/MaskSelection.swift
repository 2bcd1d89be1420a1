internal import CMath
public import Tensors

/// Why a mask cannot be computed.
public struct PruningError: Error, CustomStringConvertible, Equatable {
    /// What is wrong, where, and the fix.
    public let description: String

    /// A fault.
    public init(_ description: String) { self.description = description }
}

/// The weights to prune for a share of the pool: round(s · N), half to even as PyTorch's `prune` rounds.
public func prunedCount(sparsity: Double, poolSize: Int) -> Int {
    Int((sparsity * Double(poolSize)).rounded(.toNearestOrEven))
}

/// A mask with the last score that it prunes.
public struct MaskSelection: Sendable {
    /// The mask.
    public let mask: PruningMask
    /// The largest magnitude, or score, that is pruned; 0 if nothing is.
    public let threshold: Float
}

/// Prunes exactly round(s · N) weights of each group of the scope, those of the smallest magnitude; ties are
/// pruned in pool order.
///
/// - Parameters:
///   - values: The flat store.
///   - sparsity: s, from 0 to 1.
///   - scope: Whether N is the pool, a Transformer block or a parameter.
///   - earlier: A mask whose pruned weights stay pruned and count towards s: iterative pruning's. If it has
///     pruned more than s, it is the result.
/// - Throws: `PruningError` if a weight is NaN, naming its parameter.
public func magnitudeMask(
    values: Tensor, pool: PrunablePool, sparsity: Double, scope: PruningScope = .global,
    within earlier: PruningMask? = nil
) throws(PruningError) -> MaskSelection {
    try selectMask(
        scores: values, order: .magnitude, pool: pool, sparsity: sparsity, scope: scope, within: earlier)
}

/// Prunes exactly round(s · N) weights of each group of the scope, those whose scores come first in an order;
/// ties are pruned in pool order.
///
/// - Parameter scores: A number for each weight, in the flat store's places.
/// - Throws: `PruningError` if a score is NaN, naming its parameter.
public func selectMask(
    scores: Tensor, order: SelectionOrder, pool: PrunablePool, sparsity: Double,
    scope: PruningScope = .global, within earlier: PruningMask? = nil
) throws(PruningError) -> MaskSelection {
    precondition(sparsity >= 0 && sparsity <= 1, "a sparsity is from 0 to 1, not \(sparsity)")
    var bits = [UInt64](repeating: 0, count: (pool.count + 63) / 64)
    var threshold: Float?
    for group in pool.groups(scope) {
        let ranked = RankedNumbers(
            segments: group.map { scores.elements($0.slot.range) }, order: order)
        let target = prunedCount(sparsity: sparsity, poolSize: group.poolRange.count)
        let isFound =
            if let earlier {
                prune(
                    ranked, group.poolRange, count: target, within: earlier, bits: &bits,
                    threshold: &threshold)
            } else {
                prune(ranked, group, count: target, bits: &bits, threshold: &threshold)
            }
        guard isFound else { throw notANumber(ranked, group) }
    }
    return MaskSelection(mask: PruningMask(bits: bits, count: pool.count), threshold: threshold ?? 0)
}

/// Drops kept weights of the smallest magnitude and regrows as many pruned ones of the largest gradient
/// (RigL, Evci et al., 2020, section 3): in the end exactly round(s · N) of each group are pruned.
///
/// Of K weights to keep, ⌊share · K⌋ are those with the largest gradients among the others, including weights
/// just dropped; the rest are those of the largest magnitude that the earlier mask kept.
///
/// - Parameters:
///   - gradients: The loss's gradient for each weight, pruned ones included, in the flat store's places.
///   - earlier: The mask until now.
///   - share: The share of what is kept that may be replaced, from 0 to 1.
/// - Throws: `PruningError` if a weight or gradient is NaN, naming its parameter.
public func regrownMask(
    values: Tensor, gradients: Tensor, pool: PrunablePool, sparsity: Double, scope: PruningScope = .global,
    from earlier: PruningMask, share: Double
) throws(PruningError) -> MaskSelection {
    precondition(share >= 0 && share <= 1, "a share is from 0 to 1, not \(share)")
    var kept = [UInt64](repeating: 0, count: (pool.count + 63) / 64)
    var grown = kept
    var threshold: Float?
    for group in pool.groups(scope) {
        let range = group.poolRange
        let target = prunedCount(sparsity: sparsity, poolSize: range.count)
        let grownCount = Int(share * Double(range.count - target))
        func ranked(_ scores: Tensor) -> RankedNumbers {
            RankedNumbers(segments: group.map { scores.elements($0.slot.range) }, order: .magnitude)
        }
        guard
            prune(
                ranked(values), range, count: target + grownCount, within: earlier, bits: &kept,
                threshold: &threshold)
        else { throw notANumber(ranked(values), group) }
        let dropped = PruningMask(bits: kept.map(~), count: pool.count)
        // If the earlier mask had pruned more than s, as many more are regrown.
        let pruned = dropped.keptCount(in: range)
        var largestLeft: Float?
        guard
            prune(
                ranked(gradients), range, count: range.count - (pruned - target), within: dropped,
                bits: &grown, threshold: &largestLeft)
        else { throw notANumber(ranked(gradients), group) }
    }
    let bits = zip(kept, grown).map { $0 | $1 }
    return MaskSelection(mask: PruningMask(bits: bits, count: pool.count), threshold: threshold ?? 0)
}

/// The mask of an already sparse model: 0 where a weight is exactly 0, of either sign.
public func nonzeroMask(values: Tensor, pool: PrunablePool) -> PruningMask {
    var bits = [UInt64](repeating: 0, count: (pool.count + 63) / 64)
    let ranked = RankedNumbers(
        segments: pool.members.map { values.elements($0.slot.range) }, order: .magnitude)
    writeMask(ranked, pool.members[...], threshold: 0, ties: .max, bits: &bits)
    return PruningMask(bits: bits, count: pool.count)
}

/// Prunes the first of a group, and raises the threshold to the last score pruned; false if one is NaN.
private func prune(
    _ ranked: RankedNumbers, _ group: ArraySlice<PrunablePool.Member>, count: Int, bits: inout [UInt64],
    threshold: inout Float?
) -> Bool {
    guard count > 0 else {
        writeMask(ranked, group, threshold: ranked.order.keys.lowerBound, ties: 0, bits: &bits)
        return true
    }
    guard let (key, below) = ranked.smallest(rank: count) else { return false }
    writeMask(ranked, group, threshold: key, ties: count - below, bits: &bits)
    raise(&threshold, to: ranked.order.number(key))
    return true
}

/// The same among what an earlier mask keeps, gathered into one dense segment.
private func prune(
    _ ranked: RankedNumbers, _ range: Range<Int>, count: Int, within earlier: PruningMask,
    bits: inout [UInt64], threshold: inout Float?
) -> Bool {
    let keptCount = earlier.keptCount(in: range)
    let buffer = FlatBuffer(count: max(1, keptCount))
    let kept = buffer[0..<keptCount]
    var (place, next) = (range.lowerBound, 0)
    for segment in ranked.segments {
        for index in 0..<segment.count where earlier[place + index] {
            kept[next] = segment[index]
            next += 1
        }
        place += segment.count
    }
    let remaining = max(0, count - (range.count - keptCount))
    var words = [UInt64](repeating: .max, count: (keptCount + 63) / 64)
    let dense = RankedNumbers(segments: [kept], order: ranked.order)
    if remaining > 0 {
        guard let (key, below) = dense.smallest(rank: remaining) else { return false }
        var ties = Int64(remaining - below)
        parp_rank_mask(kept.pointer, Int64(keptCount), ranked.order.countsSign, key, &ties, &words)
        raise(&threshold, to: ranked.order.number(key))
    }
    next = 0
    for place in range where earlier[place] {
        bits[place / 64] |= (words[next / 64] >> UInt64(next % 64) & 1) << UInt64(place % 64)
        next += 1
    }
    return true
}

private func raise(_ threshold: inout Float?, to score: Float) {
    threshold = max(threshold ?? score, score)
}

/// The message about the first parameter with a NaN weight or score.
private func notANumber(
    _ ranked: RankedNumbers, _ group: ArraySlice<PrunablePool.Member>
) -> PruningError {
    let culprit = ranked.segmentWithoutNumber.map { group[group.startIndex + $0].slot.name }
    return PruningError(
        "\(culprit ?? "the pool") has a NaN weight, without a magnitude to "
            + "prune by; resume from an earlier checkpoint with a lower learning rate")
}

/// Keeps what comes after the threshold, and all but the first `ties` of what equals it.
private func writeMask(
    _ ranked: RankedNumbers, _ group: ArraySlice<PrunablePool.Member>, threshold: UInt32, ties: Int,
    bits: inout [UInt64]
) {
    var ties = Int64(ties)
    for (member, segment) in zip(group, ranked.segments) {
        var words = [UInt64](repeating: 0, count: (segment.count + 63) / 64)
        parp_rank_mask(
            segment.pointer, Int64(segment.count), ranked.order.countsSign, threshold, &ties, &words)
        // A parameter need not start at a word boundary of the pool.
        let (first, shift) = (member.start / 64, UInt64(member.start % 64))
        for (index, word) in words.enumerated() {
            bits[first + index] |= word << shift
            if shift > 0 && word >> (64 - shift) != 0 { bits[first + index + 1] |= word >> (64 - shift) }
        }
    }
}
