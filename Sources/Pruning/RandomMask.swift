internal import Tensors

/// Prunes exactly round(s · N) weights of the pool, drawn uniformly: the random baseline.
///
/// Each weight gets a counted random number; those with the smallest go. The draw depends on the seed alone.
public func randomMask(pool: PrunablePool, sparsity: Double, seed: UInt64) -> PruningMask {
    let target = prunedCount(sparsity: sparsity, poolSize: pool.count)
    let random = CountedRandom(seed: seed, stream: .randomMask)
    var bits = PruningMask.allKept(count: pool.count).bits
    // Selection sampling (Knuth, volume 2, algorithm S): one pass, each weight pruned with what is left over
    // what remains.
    var needed = target
    for index in 0..<pool.count where needed > 0 {
        let remaining = Double(pool.count - index)
        if random.uniform(at: UInt64(index)) * remaining < Double(needed) {
            bits[index / 64] &= ~(1 << UInt64(index % 64))
            needed -= 1
        }
    }
    return PruningMask(bits: bits, count: pool.count)
}
