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

/// Prunes exactly round(s · N) weights of the pool, those of the smallest magnitude; of equals, those that
/// come first.
///
/// Magnitudes of floats order like their bits without the sign, so a histogram of the upper 16 and one of the
/// lower 15 bits find the threshold exactly, in two passes over the pool; a third writes the bits.
///
/// - Parameters:
///   - values: The flat store.
///   - sparsity: s, from 0 to 1.
/// - Throws: `PruningError` if a weight is not a number, naming its parameter.
public func magnitudeMask(
    values: Tensor, pool: PrunablePool, sparsity: Double
) throws(PruningError) -> MagnitudeSelection {
    precondition(sparsity >= 0 && sparsity <= 1, "a sparsity is from 0 to 1, not \(sparsity)")
    let target = prunedCount(sparsity: sparsity, poolSize: pool.count)
    guard target > 0 else { return MagnitudeSelection(mask: .allKept(count: pool.count), threshold: 0) }
    try refuseNaN(values, pool)
    let upper = histogram(values, pool, bins: 1 << 16) { Int($0 >> 15) }
    let (upperBin, below) = locate(target, in: upper)
    let lower = histogram(values, pool, bins: 1 << 15) {
        Int($0 >> 15) == upperBin ? Int($0 & 0x7FFF) : nil
    }
    let (lowerBin, belowExactly) = locate(target - below, in: lower)
    let threshold = UInt32(upperBin) << 15 | UInt32(lowerBin)
    let ties = target - below - belowExactly
    return MagnitudeSelection(
        mask: mask(values, pool, threshold: threshold, ties: ties),
        threshold: Float(bitPattern: threshold))
}

/// The bits that order a weight by magnitude.
@inline(__always)
private func magnitudeBits(_ value: Float) -> UInt32 { value.bitPattern & 0x7FFF_FFFF }

private func refuseNaN(_ values: Tensor, _ pool: PrunablePool) throws(PruningError) {
    for member in pool.members {
        var largest: UInt32 = 0
        for index in member.slot.range { largest = max(largest, magnitudeBits(values[index])) }
        if largest > 0x7F80_0000 {
            throw PruningError(
                "\(member.slot.name) holds a weight that is not a number, which has no magnitude to prune by; "
                    + "resume from an earlier checkpoint with a lower learning rate")
        }
    }
}

@inline(__always)
private func histogram(
    _ values: Tensor, _ pool: PrunablePool, bins: Int, _ bin: (UInt32) -> Int?
) -> [Int] {
    var counts = [Int](repeating: 0, count: bins)
    counts.withUnsafeMutableBufferPointer { counts in
        for member in pool.members {
            for index in member.slot.range {
                if let bin = bin(magnitudeBits(values[index])) { counts[bin] += 1 }
            }
        }
    }
    return counts
}

/// The bin that holds the `target`-th smallest, and how many lie in the bins before it.
private func locate(_ target: Int, in counts: [Int]) -> (bin: Int, below: Int) {
    var below = 0
    for (bin, count) in counts.enumerated() {
        if below + count >= target { return (bin, below) }
        below += count
    }
    preconditionFailure("\(target) weights of \(below)")
}

/// Keeps what is above the threshold, and of what equals it all but the first `ties`.
private func mask(_ values: Tensor, _ pool: PrunablePool, threshold: UInt32, ties: Int) -> PruningMask {
    var bits = [UInt64](repeating: 0, count: (pool.count + 63) / 64)
    var ties = ties
    var (word, place) = (UInt64(0), 0)
    for member in pool.members {
        for index in member.slot.range {
            let magnitude = magnitudeBits(values[index])
            var keeps = magnitude > threshold
            if magnitude == threshold {
                keeps = ties <= 0
                ties -= 1
            }
            word |= (keeps ? 1 : 0) << UInt64(place % 64)
            place += 1
            if place % 64 == 0 {
                bits[place / 64 - 1] = word
                word = 0
            }
        }
    }
    if place % 64 != 0 { bits[place / 64] = word }
    return PruningMask(bits: bits, count: pool.count)
}
