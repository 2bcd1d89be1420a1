import Foundation
import Speech
import Testing

@testable import Tasks

/// One utterance of which some seconds are used, of so many that its audio has.
private func dataset(used: Double, held: Double, segment: Range<Double>? = nil) -> SpeechDataset {
    let utterance = Utterance(
        id: "a", audioPath: "a.wav", segment: segment, durationSeconds: used, text: "", origin: "m:1")
    return SpeechDataset(
        utterances: [utterance], heldSeconds: [held], references: [""], targets: [[]], audioHashes: [0],
        sampleRate: 16000, normalizesWaveform: true)
}

struct SpeechDatasetTests {
    @Test("an utterance that is used whole is read whole, at every step")
    func whole() {
        #expect(dataset(used: 3, held: 3).piece(0, seed: 1, step: 5) == nil)
        #expect(dataset(used: 3, held: 3, segment: 1..<4).piece(0, seed: 1, step: 5) == 1..<4)
    }

    @Test("a longer one is cut to a piece of the wanted length, elsewhere at each step and again at the same")
    func pieces() throws {
        let data = dataset(used: 2, held: 10, segment: 5..<15)
        var starts: Set<Double> = []
        for step in 0..<100 {
            let piece = try #require(data.piece(0, seed: 1, step: step))
            #expect(piece.lowerBound >= 5 && piece.upperBound <= 15)
            // Whole samples, or files of the same length would make batches of other lengths.
            #expect(
                Int((piece.upperBound * 16000).rounded()) - Int((piece.lowerBound * 16000).rounded()) == 32000
            )
            #expect(piece == data.piece(0, seed: 1, step: step))
            starts.insert(piece.lowerBound)
        }
        #expect(starts.count > 90)
        #expect(starts.min() ?? 15 < 6 && starts.max() ?? 5 > 12)
    }
}
