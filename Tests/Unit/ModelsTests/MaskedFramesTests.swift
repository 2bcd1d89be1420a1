import Models
import Testing

struct MaskedFramesTests {
    @Test("distractors are the other masked frames, all equally likely")
    func uniform() {
        let (frames, count) = (7, 6000)
        let negatives = sampleNegatives(frames: frames, count: count, seed: 1, step: 2, identity: 3)
        for frame in 0..<frames {
            var counts = [Int](repeating: 0, count: frames)
            for other in negatives[frame * count..<(frame + 1) * count] { counts[Int(other)] += 1 }
            #expect(counts[frame] == 0)
            // 1000 each, with a standard deviation of 29.
            for other in 0..<frames where other != frame { #expect(abs(counts[other] - 1000) < 150) }
        }
    }
}
