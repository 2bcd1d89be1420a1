import Checkpoints
import Decoding
import Foundation
import Models
import Speech
import Tensors
import TestSupport
import Testing
import Text

@testable import Tasks

/// A golden model, and recordings to hear with it.
private struct Hearing: ~Copyable {
    let folder: TemporaryFolder
    let model: SpeechModel
    let store: ParameterStore

    init(_ name: String) throws {
        let folder = try TemporaryFolder()
        let model = try SpeechModel.fineTuned(path: "\(repository)/Tests/Golden/models/\(name)")
        let store = ParameterStore(layout: model.network.layout, training: false)
        try model.loadWeights(into: store.values.all, seed: 0)
        self.folder = folder
        self.model = model
        self.store = store
    }

    /// A tone that rises and falls, silent between some seconds.
    func samples(seconds: Double, silent: [ClosedRange<Double>] = []) -> [Float] {
        (0..<Int(seconds * 16_000)).map { index in
            let time = Double(index) / 16_000
            guard !silent.contains(where: { $0.contains(time) }) else { return 0 }
            return Float(0.04 * (2 + time) * sin(2 * .pi * (300 + 200 * sin(3 * time)) * time))
        }
    }

    func recording(_ samples: [Float], _ name: String = "a.wav") throws -> Utterance {
        let path = "\(folder.path)/\(name)"
        try Data(waveFile([samples])).write(to: URL(fileURLWithPath: path))
        return Utterance(id: name, audioPath: path, durationSeconds: 0, text: "", origin: "")
    }

    func logits(_ utterance: Utterance, chunkSeconds: Double, gatesSilence: Bool = false) throws -> [Float] {
        var arena = Arena()
        let reader = RecordingReader(
            model, parameters: store.views, chunkSeconds: chunkSeconds, gatesSilence: gatesSilence)
        let logits = try reader.logits(of: utterance, arena: &arena)
        #expect(logits.seconds > 0)
        return logits.rows.array()
    }
}

struct RecordingReaderTests {
    @Test(
        "a recording that fits into a piece has the logits of a batch",
        arguments: ["tiny-stable", "tiny-group"])
    func whole(name: String) throws {
        let hearing = try Hearing(name)
        let utterance = try hearing.recording(hearing.samples(seconds: 3))
        var samples = try readAudio(path: utterance.audioPath, sampleRate: 16_000).samples
        if hearing.model.source.preprocessor.normalizes { normalizeWaveform(&samples) }
        var arena = Arena()
        let expected = hearing.model.network.evaluate(
            samples: samples.count, parameters: hearing.store.views, arena: &arena
        ) { $0.copy(from: samples) }.array()
        let found = try hearing.logits(utterance, chunkSeconds: 10)
        #expect(found.count == expected.count)
        // Rounding of the statistics' last digits.
        #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-4 })
    }

    @Test("a silence is blank, ends a word, and leaves other frames as they are")
    func silence() throws {
        let hearing = try Hearing("tiny-stable")
        let utterance = try hearing.recording(hearing.samples(seconds: 9, silent: [3...6]))
        let open = try hearing.logits(utterance, chunkSeconds: 20)
        let gated = try hearing.logits(utterance, chunkSeconds: 20, gatesSilence: true)
        let vocabulary = hearing.model.vocabulary
        var heard: [Int?] = []
        for start in stride(from: 0, to: gated.count, by: vocabulary.size) {
            let row = Array(gated[start..<start + vocabulary.size])
            let isSame = row == Array(open[start..<start + vocabulary.size])
            heard.append(isSame ? nil : row.indices.max { row[$0] < row[$1] })
        }
        let seconds = hearing.model.frameSeconds
        let silent = heard.indices.filter { heard[$0] != nil }
        let (first, last) = (try #require(silent.first), try #require(silent.last))
        #expect(silent == Array(first...last))
        #expect(abs(Double(first) * seconds - 3.2) < 0.05 && abs(Double(last) * seconds - 5.8) < 0.05)
        #expect(heard[first] == vocabulary.delimiterId)
        #expect(silent.dropFirst().allSatisfy { heard[$0] == vocabulary.blank })
    }

    @Test(
        "a stream says the same whatever pieces it comes in, an utterance a stretch of speech, with its times"
    )
    func stream() throws {
        let hearing = try Hearing("tiny-stable")
        let samples = hearing.samples(seconds: 12, silent: [0...1, 4...7, 11...12])
        func utterances(by count: Int) throws -> [(text: String, words: [Double], seconds: Range<Double>)] {
            let recognizer = try Recognizer(
                hearing.model, DecodingOptions(), timesWords: true, gatesSilence: true)
            var stream = SpeechStream(
                hearing.model, parameters: hearing.store.views, recognizer: recognizer, gatesSilence: true)
            var arena = Arena()
            var found: [(text: String, words: [Double], seconds: Range<Double>)] = []
            var partial = ""
            for start in stride(from: 0, through: samples.count, by: count) {
                let piece = Array(samples[start..<min(start + count, samples.count)])
                let isLast = start + count > samples.count
                for event in stream.hear(piece, isLast: isLast, arena: &arena) {
                    switch event {
                    case .partial(let text, _): partial = text
                    case .utterance(let heard, let seconds):
                        #expect(heard.text.hasPrefix(partial.prefix(1)))
                        found.append((heard.text, heard.words.flatMap { [$0.start, $0.end] }, seconds))
                    }
                }
            }
            return found
        }
        let expected = try utterances(by: 1600)
        #expect(expected.count == 2)
        for (utterance, spoken) in zip(expected, [0.8..<4.2, 6.8..<11.2]) {
            #expect(abs(utterance.seconds.lowerBound - spoken.lowerBound) < 0.05, "\(utterance)")
            #expect(abs(utterance.seconds.upperBound - spoken.upperBound) < 0.05, "\(utterance)")
            #expect(utterance.words == utterance.words.sorted())
            #expect(utterance.words.allSatisfy { spoken.lowerBound - 0.05...spoken.upperBound + 0.05 ~= $0 })
        }
        for count in [777, 50_000, samples.count] {
            let found = try utterances(by: count)
            #expect(found.map(\.text) == expected.map(\.text))
            #expect(found.map(\.words) == expected.map(\.words))
        }
    }
}
