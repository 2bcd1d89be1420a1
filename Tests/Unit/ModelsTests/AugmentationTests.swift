import Models
import Testing

struct AugmentationTests {
    private var augmentation: Augmentation {
        var augmentation = Augmentation()
        augmentation.timeMaskProbability = 0.65
        augmentation.channelMaskProbability = 0.5
        augmentation.channelMaskLength = 8
        return augmentation
    }

    @Test("about half of the frames are masked, as overlapping spans of probability 0.65 leave it")
    func share() {
        let masked = (0..<200).reduce(0) { total, step in
            total + augmentation.timeMask(frames: 300, seed: 1, step: step, identity: 7).filter { $0 }.count
        }
        let share = Double(masked) / (200 * 300)
        // 1 - (1 - 10/290)^19.5 is 0.496; 200 draws leave 0.01 of noise.
        #expect(abs(share - 0.49) < 0.03)
    }

    @Test("a mask is a function of seed, step and identity alone")
    func counted() {
        let first = augmentation.timeMask(frames: 100, seed: 1, step: 3, identity: 9)
        #expect(first == augmentation.timeMask(frames: 100, seed: 1, step: 3, identity: 9))
        #expect(first != augmentation.timeMask(frames: 100, seed: 1, step: 4, identity: 9))
        #expect(first != augmentation.timeMask(frames: 100, seed: 1, step: 3, identity: 8))
        #expect(first != augmentation.timeMask(frames: 100, seed: 2, step: 3, identity: 9))
    }

    @Test("an utterance gets at least two spans, and one no longer than a span none")
    func bounds() {
        for frames in 0..<40 {
            let masked = augmentation.timeMask(frames: frames, seed: 1, step: 0, identity: 1)
            #expect(masked.count == frames)
            #expect(masked.contains(true) == (frames > 10))
        }
    }

    @Test("no mask covers more frames than the most that is planned for")
    func most() {
        for frames in [5, 10, 11, 14, 60, 300] {
            let covered = (0..<200).map { step in
                augmentation.timeMask(frames: frames, seed: 1, step: step, identity: 3).count { $0 }
            }
            let most = augmentation.mostMaskedFrames(of: frames)
            #expect((covered.max() ?? 0) <= most)
            #expect(most <= max(0, frames - 1) && (most == 0) == (frames <= 10))
        }
        #expect(Augmentation().mostMaskedFrames(of: 300) == 0)
    }

    @Test("channel spans have their length and are inside")
    func channels() {
        let spans = augmentation.channelSpans(channels: 64, seed: 1, step: 0, identity: 1)
        #expect((4...5).contains(spans.count))
        #expect(spans.allSatisfy { $0.count == 8 && $0.lowerBound >= 0 && $0.upperBound <= 64 })
    }
}
