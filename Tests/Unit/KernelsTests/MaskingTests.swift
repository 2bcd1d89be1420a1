import Kernels
import Tensors
import TestSupport
import Testing

struct MaskingTests {
    @Test("masked frames become the embedding and others stay")
    func forward() {
        var arena = testArena()
        let (frames, embedding) = (
            arena.wave(rows: 4, columns: 3, phase: 0), arena.wave(columns: 3, phase: 1)
        )
        let before = frames.array()
        maskFrames(frames, masked: [false, true, false, true], embedding: embedding)
        let (first, third) = (Array(before[0..<3]), Array(before[6..<9]))
        #expect(frames.array() == first + embedding.array() + third + embedding.array())
    }

    @Test("backward gives the embedding the masked rows' sum, accumulated, and stops their gradient")
    func backward() {
        var arena = testArena()
        let (dOutput, dEmbedding) = (
            arena.wave(rows: 4, columns: 3, phase: 9), arena.tensor(rows: 1, columns: 3)
        )
        dEmbedding.fill(1)
        let before = dOutput.array()
        maskFramesBackward(dOutput, masked: [false, true, false, true], dEmbedding: dEmbedding)
        let sums: [Float] = (0..<3).map { 1 + before[3 + $0] + before[9 + $0] }
        #expect(dEmbedding.array() == sums)
        let (first, third) = (Array(before[0..<3]), Array(before[6..<9]))
        let stopped: [Float] = [0, 0, 0]
        #expect(dOutput.array() == first + stopped + third + stopped)
    }

    @Test("channels are zeroed in the frames of their utterance alone, overlapping spans included")
    func channels() {
        var arena = testArena()
        let frames = arena.tensor(rows: 3, columns: 5)
        frames.fill(1)
        maskChannels(frames, packing: PackedRows(lengths: [2, 1]), spans: [[0..<2, 1..<3], [4..<5]])
        #expect(frames.array() == [0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0])
    }
}
