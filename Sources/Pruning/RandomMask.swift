internal import Tensors

/// Prunes exactly round(s · N) weights of each group of the scope, drawn uniformly: the random baseline.
///
/// Each weight gets a counted random number; the smallest are pruned. The draw depends only on the seed.
public func randomMask(
    pool: PrunablePool, sparsity: Double, seed: UInt64, scope: PruningScope = .global
) -> PruningMask {
    let random = CountedRandom(seed: seed, stream: .randomMask)
    var bits = PruningMask.allKept(count: pool.count).bits
    for range in pool.groups(scope).map(\.poolRange) {
        // Selection sampling (Knuth, volume 2, algorithm S): one pass, each weight pruned with what is left over
        // what remains.
        var needed = prunedCount(sparsity: sparsity, poolSize: range.count)
        for index in range where needed > 0 {
            let remaining = Double(range.upperBound - index)
            if random.uniform(at: UInt64(index)) * remaining < Double(needed) {
                bits[index / 64] &= ~(1 << UInt64(index % 64))
                needed -= 1
            }
        }
    }
    return PruningMask(bits: bits, count: pool.count)
}
