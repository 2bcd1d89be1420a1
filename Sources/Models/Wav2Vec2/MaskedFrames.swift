internal import Kernels
internal import Tensors

/// The masked frames of a pre-training loss, and the random numbers drawn for them.
///
/// An utterance needs at least two, to have a distractor; one with fewer contributes nothing.
struct MaskedFrames: Sendable {
    /// Indices into the packed frames of the batch, ascending.
    let frames: [Int]
    /// The rows of each utterance among them.
    let packing: PackedRows

    /// The flagged frames of a packed batch.
    init(_ masked: [Bool], packing batch: PackedRows) {
        let utterances = (0..<batch.count).map { utterance in
            let frames = batch[utterance].filter { masked[$0] }
            return frames.count < 2 ? [] : frames
        }
        frames = utterances.flatMap { $0 }
        packing = PackedRows(lengths: utterances.map(\.count))
    }

    /// The distractors of all frames.
    func negatives(_ count: Int, noise: Noise) -> [Int32] {
        noise.identities.enumerated().flatMap { utterance, identity in
            sampleNegatives(
                frames: packing.length(utterance), count: count, seed: noise.seed, step: noise.step,
                identity: identity)
        }
    }

    /// Fills (frames, columns) with standard Gumbel noise: element (i, j) of an utterance's masked frames is
    /// number i · columns + j.
    func drawGumbel(_ noise: Noise, into target: Tensor) {
        for (utterance, identity) in noise.identities.enumerated() {
            Kernels.drawGumbel(
                CountedRandom(seed: noise.seed, stream: .gumbel, step: noise.step, item: identity),
                into: target.rows(packing[utterance]))
        }
    }
}

/// Draws the distractors of an utterance's masked frames: each uniform among its other masked frames, with
/// replacement (Baevski et al., 2020, section 3.2).
///
/// - Returns: `count` per frame, as indices into the masked frames.
package func sampleNegatives(
    frames: Int, count: Int, seed: UInt64, step: Int, identity: UInt64
) -> [Int32] {
    guard frames > 1 else { return [] }
    let random = CountedRandom(seed: seed, stream: .negatives, step: step, item: identity)
    return (0..<frames * count).map { index in
        let other = Int(random.uniform(at: UInt64(index)) * Double(frames - 1))
        // The frame itself is skipped.
        return Int32(other >= index / count ? other + 1 : other)
    }
}
