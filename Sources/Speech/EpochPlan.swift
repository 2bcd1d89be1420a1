internal import Tensors

/// The global batches of one epoch: a pure function of durations, names, seed and epoch, the same on every
/// rank.
///
/// Utterances are shuffled, cut into pools, sorted by length within a pool and cut into batches of at most
/// `batchSeconds`; then the batches are shuffled. Every utterance is in exactly one batch, or in none where
/// languages are balanced and its own is held back. Batches at the end
/// of a pool may be small; they count like any other, since a gradient is divided by its own batch's
/// utterances.
public struct EpochPlan: Sendable, Equatable {
    /// The utterances of each batch, as places in the list that was planned.
    public let batches: [[Int]]

    /// Batches' worth of audio in a pool: enough for like lengths to meet, few enough to keep batches random.
    static let poolBatches = 16.0

    /// Plans an epoch.
    ///
    /// - Parameter samplingAlpha: How languages are balanced: 1 takes all utterances, 0 of every language equally
    ///   much audio (`LanguageSampling`).
    public init(
        utterances: [Utterance], seed: UInt64, epoch: Int, batchSeconds: Double, samplingAlpha: Double = 1
    ) {
        precondition(batchSeconds > 0, "a batch of \(batchSeconds) seconds")
        let random = CountedRandom(seed: seed, stream: .epochOrder, step: epoch)
        // Drawn for the name, not for the place: the plan does not change when a manifest is sorted.
        let sampling = LanguageSampling(utterances, alpha: samplingAlpha, seed: seed)
        let keyed = utterances.indices.filter { sampling.holds(utterances[$0], epoch: epoch) }.map { index in
            (key: random.bits(at: utterances[index].identity), index: index)
        }
        let shuffled = keyed.sorted { ($0.key, utterances[$0.index].id) < ($1.key, utterances[$1.index].id) }
            .map(\.index)
        var batches: [[Int]] = []
        for pool in Self.cut(shuffled, utterances, atMost: batchSeconds * Self.poolBatches) {
            let sorted = pool.enumerated().sorted { a, b in
                let (left, right) = (utterances[a.element], utterances[b.element])
                return (left.durationSeconds, a.offset) < (right.durationSeconds, b.offset)
            }
            batches += Self.cut(sorted.map(\.element), utterances, atMost: batchSeconds)
        }
        var sequence = CountedRandom(seed: seed, stream: .epochOrder, step: epoch, layer: 1).sequence
        batches.shuffle(using: &sequence)
        self.batches = batches
    }

    /// Cuts a list into runs of at most so many seconds, each of at least one utterance.
    private static func cut(
        _ indices: [Int], _ utterances: [Utterance], atMost seconds: Double
    ) -> [[Int]] {
        var runs: [[Int]] = []
        var filled = Double.infinity
        for index in indices {
            let duration = utterances[index].durationSeconds
            if filled + duration > seconds {
                runs.append([])
                filled = 0
            }
            runs[runs.count - 1].append(index)
            filled += duration
        }
        return runs
    }

    /// Shares a batch out so that the ranks' seconds of audio are nearly equal: the longest utterance first,
    /// each to the rank that has least.
    ///
    /// With fewer utterances than ranks, some get none.
    public static func shares(of batch: [Int], utterances: [Utterance], rankCount: Int) -> [[Int]] {
        var shares = [[Int]](repeating: [], count: rankCount)
        var seconds = [Double](repeating: 0, count: rankCount)
        // Of equal lengths the first of the batch: its order does not depend on the manifest's, as places do.
        let longestFirst = batch.enumerated().sorted { a, b in
            let (left, right) = (utterances[a.element], utterances[b.element])
            return (-left.durationSeconds, a.offset) < (-right.durationSeconds, b.offset)
        }
        for (_, index) in longestFirst {
            let rank = seconds.indices.reduce(0) { seconds[$1] < seconds[$0] ? $1 : $0 }
            shares[rank].append(index)
            seconds[rank] += utterances[index].durationSeconds
        }
        return shares
    }

    /// Cuts a rank's share into micro-batches of at most so many seconds: what it holds in memory at once.
    public static func microBatches(
        of share: [Int], utterances: [Utterance], rankSeconds: Double
    ) -> [[Int]] {
        cut(share, utterances, atMost: rankSeconds)
    }
}
