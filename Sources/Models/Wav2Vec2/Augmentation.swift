internal import Tensors

/// Masking of latent speech in training, after SpecAugment (Baevski et al., 2020, appendix B; fairseq's
/// `compute_mask_indices` with static lengths).
public struct Augmentation: Sendable, Hashable {
    /// The share of frames that spans would cover if they never overlapped.
    public var timeMaskProbability = 0.0
    /// Frames per span.
    public var timeMaskLength = 10
    /// The minimum number of spans per utterance.
    public var timeMaskMinimumSpans = 2
    /// The share of channels that spans would cover if they never overlapped.
    public var channelMaskProbability = 0.0
    /// Channels per span.
    public var channelMaskLength = 64

    /// No masking.
    public init() {}

    /// Which frames of an utterance are replaced by the mask embedding at an update.
    ///
    /// An utterance no longer than one span is not masked: fairseq would mask nearly all of it.
    package func timeMask(frames: Int, seed: UInt64, step: Int, identity: UInt64) -> [Bool] {
        var masked = [Bool](repeating: false, count: frames)
        guard timeMaskProbability > 0 else { return masked }
        let random = CountedRandom(seed: seed, stream: .timeMask, step: step, item: identity)
        let spans = spans(
            extent: frames, length: timeMaskLength, probability: timeMaskProbability,
            minimum: timeMaskMinimumSpans, random: random)
        for span in spans {
            for frame in span { masked[frame] = true }
        }
        return masked
    }

    /// Which channels of an utterance are zeroed in all its frames at an update.
    package func channelSpans(channels: Int, seed: UInt64, step: Int, identity: UInt64) -> [Range<Int>] {
        guard channelMaskProbability > 0 else { return [] }
        let random = CountedRandom(seed: seed, stream: .channelMask, step: step, item: identity)
        return spans(
            extent: channels, length: channelMaskLength, probability: channelMaskProbability, minimum: 0,
            random: random)
    }

    /// The maximum number of an utterance's frames covered by a time mask in any update.
    public func mostMaskedFrames(of frames: Int) -> Int {
        guard timeMaskProbability > 0, frames > timeMaskLength else { return 0 }
        let spans = spanCount(
            extent: frames, length: timeMaskLength, probability: timeMaskProbability,
            minimum: timeMaskMinimumSpans, uniform: 1)
        return min(spans * timeMaskLength, frames - 1)
    }

    /// max(minimum, ⌊p · extent / length + u⌋), at most the number of possible starts.
    private func spanCount(
        extent: Int, length: Int, probability: Double, minimum: Int, uniform: Double
    ) -> Int {
        let expected = probability * Double(extent) / Double(length) + uniform
        return min(extent - length, max(minimum, Int(expected)))
    }

    /// Spans whose starts are drawn without replacement.
    private func spans(
        extent: Int, length: Int, probability: Double, minimum: Int, random: CountedRandom
    ) -> [Range<Int>] {
        let starts = extent - length
        guard starts > 0 else { return [] }
        let count = spanCount(
            extent: extent, length: length, probability: probability, minimum: minimum,
            uniform: random.uniform(at: 0))
        var chosen = Set<Int>()
        var index: UInt64 = 1
        while chosen.count < count {
            chosen.insert(Int(random.uniform(at: index) * Double(starts)))
            index += 1
        }
        return chosen.sorted().map { $0..<$0 + length }
    }
}
