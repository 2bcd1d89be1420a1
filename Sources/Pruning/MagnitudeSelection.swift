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

/// A mask with the largest magnitude that it prunes.
public struct MagnitudeSelection: Sendable {
    /// The mask.
    public let mask: PruningMask
    /// The largest magnitude pruned; 0 if nothing is.
    public let threshold: Float
}

/// Prunes exactly round(s · N) weights of each group of the scope, those of the smallest magnitude; of equals,
/// those that come first.
///
/// A sample brackets the threshold, one pass over the pool counts what lies below and collects the few inside the
/// bracket, among which the threshold is found the same way; a second pass writes the bits.
///
/// - Parameters:
///   - values: The flat store.
///   - sparsity: s, from 0 to 1.
///   - scope: Whether N is the pool or a Transformer block.
///   - earlier: A mask whose pruned weights stay pruned and count towards s: iterative pruning's. Where it has
///     pruned more than s, its mask is the answer.
/// - Throws: `PruningError` if a weight is not a number, naming its parameter.
public func magnitudeMask(
    values: Tensor, pool: PrunablePool, sparsity: Double, scope: PruningScope = .global,
    within earlier: PruningMask? = nil
) throws(PruningError) -> MagnitudeSelection {
    precondition(sparsity >= 0 && sparsity <= 1, "a sparsity is from 0 to 1, not \(sparsity)")
    var bits = [UInt64](repeating: 0, count: (pool.count + 63) / 64)
    var threshold: UInt32 = 0
    for group in pool.groups(scope) {
        let segments = group.map { values.elements($0.slot.range) }
        let target = prunedCount(sparsity: sparsity, poolSize: group.poolRange.count)
        let found =
            if let earlier {
                prune(segments, group.poolRange, count: target, within: earlier, bits: &bits)
            } else {
                prune(segments, group, count: target, bits: &bits)
            }
        guard let found else { throw notANumber(segments, group) }
        threshold = max(threshold, found)
    }
    return MagnitudeSelection(
        mask: PruningMask(bits: bits, count: pool.count), threshold: Float(bitPattern: threshold))
}

/// The mask of a model that is sparse already: 0 where a weight is exactly 0, of either sign.
public func nonzeroMask(values: Tensor, pool: PrunablePool) -> PruningMask {
    var bits = [UInt64](repeating: 0, count: (pool.count + 63) / 64)
    let segments = pool.members.map { values.elements($0.slot.range) }
    writeMask(segments, pool.members[...], threshold: 0, ties: .max, bits: &bits)
    return PruningMask(bits: bits, count: pool.count)
}

/// Prunes a group's smallest and returns the largest magnitude pruned, as bits; nil if a weight is not a number.
private func prune(
    _ segments: [Tensor], _ group: ArraySlice<PrunablePool.Member>, count: Int, bits: inout [UInt64]
) -> UInt32? {
    let found = count > 0 ? smallestMagnitude(rank: count, of: segments) : (0, 0)
    guard let (threshold, below) = found else { return nil }
    writeMask(segments, group, threshold: threshold, ties: count - below, bits: &bits)
    return threshold
}

/// The same among what an earlier mask keeps, of which it makes one dense segment.
private func prune(
    _ segments: [Tensor], _ range: Range<Int>, count: Int, within earlier: PruningMask, bits: inout [UInt64]
) -> UInt32? {
    let keptCount = earlier.keptCount(in: range)
    let buffer = FlatBuffer(count: max(1, keptCount))
    let kept = buffer[0..<keptCount]
    var (place, next) = (range.lowerBound, 0)
    for segment in segments {
        for index in 0..<segment.count where earlier[place + index] {
            kept[next] = segment[index]
            next += 1
        }
        place += segment.count
    }
    let remaining = max(0, count - (range.count - keptCount))
    let found = remaining > 0 ? smallestMagnitude(rank: remaining, of: [kept]) : (0, 0)
    guard let (threshold, below) = found else { return nil }
    var ties = Int64(remaining - below)
    var words = [UInt64](repeating: 0, count: (keptCount + 63) / 64)
    parp_magnitude_mask(kept.pointer, Int64(keptCount), threshold, &ties, &words)
    next = 0
    for place in range where earlier[place] {
        bits[place / 64] |= (words[next / 64] >> UInt64(next % 64) & 1) << UInt64(place % 64)
        next += 1
    }
    return threshold
}

/// The largest bits of a magnitude, infinity's.
private let infinity: UInt32 = 0x7F80_0000

/// The sentence about the first parameter that holds a weight which is not a number.
private func notANumber(
    _ segments: [Tensor], _ group: ArraySlice<PrunablePool.Member>
) -> PruningError {
    let culprit = zip(group, segments).first { Partition([$0.1], 0...infinity, capacity: 0).hasNoNumber }
    return PruningError(
        "\(culprit?.0.slot.name ?? "the pool") holds a weight that is not a number, which has no magnitude to "
            + "prune by; resume from an earlier checkpoint with a lower learning rate")
}

/// How many magnitudes lie where, and those of a range.
private struct Partition: ~Copyable {
    let below: Int
    let inside: Int
    let hasNoNumber: Bool
    private let memory: FlatBuffer
    private let filled: Int

    /// Counts, and collects what lies in the range unless it is more than `capacity`.
    init(_ segments: [Tensor], _ range: ClosedRange<UInt32>, capacity: Int) {
        memory = FlatBuffer(count: max(1, capacity))
        var result = parp_partition()
        for segment in segments {
            parp_partition_magnitudes(
                segment.pointer, Int64(segment.count), range.lowerBound, range.upperBound,
                memory.all.pointer, Int64(capacity), &result)
        }
        (below, inside) = (Int(result.below), Int(result.inside))
        (hasNoNumber, filled) = (result.has_no_number != 0, Int(result.collected))
    }

    /// The magnitudes of the range, if all of them were collected.
    var collected: Tensor? { filled == inside ? memory[0..<filled] : nil }
}

/// The magnitude of a rank from 1, as bits, and how many are smaller than it; nil if one is not a number.
private func smallestMagnitude(rank: Int, of segments: [Tensor]) -> (magnitude: UInt32, below: Int)? {
    let total = segments.reduce(0) { $0 + $1.count }
    precondition((1...max(1, total)).contains(rank), "rank \(rank) of \(total)")
    let sample = sortedSample(segments, total: total)
    guard sample.allSatisfy({ $0 <= infinity }) else { return nil }
    if sample.count == total {
        let found = sample[rank - 1]
        return (found, sample.prefix { $0 < found }.count)
    }
    var range = bracket(rank: rank, total: total, sample: sample)
    // A sample errs once in ten thousand times, and says little where few values make up the whole pool: then
    // the range moves to the side that holds the rank, or is halved, until it holds the rank and little else.
    while true {
        let part = Partition(segments, range, capacity: total / 8)
        if part.hasNoNumber { return nil }
        let isOneValue = range.lowerBound == range.upperBound
        if rank <= part.below {
            range = 0...range.lowerBound - 1
        } else if rank > part.below + part.inside {
            range = range.upperBound + 1...infinity
        } else if isOneValue {
            return (range.lowerBound, part.below)
        } else if let collected = part.collected {
            let inner = smallestMagnitude(rank: rank - part.below, of: [collected])
            return inner.map { ($0.magnitude, $0.below + part.below) }
        } else {
            let middle = range.lowerBound + (range.upperBound - range.lowerBound) / 2
            let lower = Partition(segments, range.lowerBound...middle, capacity: 0)
            let isLower = rank <= lower.below + lower.inside
            range = isLower ? range.lowerBound...middle : middle + 1...range.upperBound
        }
    }
}

private let sampleSize = 1 << 15

/// Magnitudes at even distances, sorted; all of them if there are few.
private func sortedSample(_ segments: [Tensor], total: Int) -> [UInt32] {
    let step = max(1, total / sampleSize)
    var sample: [UInt32] = []
    var skip = 0
    for segment in segments {
        while skip < segment.count {
            sample.append(segment[skip].bitPattern & 0x7FFF_FFFF)
            skip += step
        }
        skip -= segment.count
    }
    return sample.sorted()
}

/// Magnitudes between which the rank lies, but for one time in ten thousand: four standard deviations of the
/// sample's own rank.
private func bracket(rank: Int, total: Int, sample: [UInt32]) -> ClosedRange<UInt32> {
    let share = Double(rank) / Double(total)
    let center = share * Double(sample.count)
    let width = 4 * (Double(sample.count) * share * (1 - share)).squareRoot() + 2
    let low = Int(center - width)
    let high = Int((center + width).rounded(.up))
    return (low < 0 ? 0 : sample[low])...(high >= sample.count ? infinity : sample[high])
}

/// Keeps what is above the threshold, and of what equals it all but the first `ties`.
private func writeMask(
    _ segments: [Tensor], _ group: ArraySlice<PrunablePool.Member>, threshold: UInt32, ties: Int,
    bits: inout [UInt64]
) {
    var ties = Int64(ties)
    for (member, segment) in zip(group, segments) {
        var words = [UInt64](repeating: 0, count: (segment.count + 63) / 64)
        parp_magnitude_mask(segment.pointer, Int64(segment.count), threshold, &ties, &words)
        // A parameter need not start at a word of the pool.
        let (first, shift) = (member.start / 64, UInt64(member.start % 64))
        for (index, word) in words.enumerated() {
            bits[first + index] |= word << shift
            if shift > 0 && word >> (64 - shift) != 0 { bits[first + index + 1] |= word >> (64 - shift) }
        }
    }
}
