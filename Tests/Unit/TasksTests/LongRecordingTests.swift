import Checkpoints
import Foundation
import Models
import Program
import Recipe
import Speech
import Tensors
import TestSupport
import Testing

@testable import Tasks

struct LongRecordingTests {
    /// A set of one short recording and one of so many seconds, of which nothing but their lengths is known.
    private func dataset(seconds: Double) -> SpeechDataset {
        let utterances = [1, seconds].enumerated().map { index, seconds in
            Utterance(
                id: "\(index)", audioPath: "\(index).wav", durationSeconds: seconds, text: "A",
                origin: "m.jsonl:\(index + 1)")
        }
        return SpeechDataset(
            utterances: utterances, heldSeconds: utterances.map(\.durationSeconds), references: ["A", "A"],
            targets: [[5], [5]], audioHashes: [0, 1], sampleRate: 16000, normalizesWaveform: true)
    }

    /// What is said of a run on recordings that are so long; nil if it may begin.
    private func refusal(
        train: Double, valid: Double, keepsFeatures: Bool, held: Int
    ) throws -> UserError? {
        var recipe = Recipe()
        recipe.data.cacheFeatures = keepsFeatures
        recipe.model.freezeFeatureEncoder = true
        let model = try SpeechModel.fineTuned(path: goldenFolder + "/models/tiny-stable")
        let problem = CTCProblem(
            recipe: recipe, model: model, train: dataset(seconds: train), valid: dataset(seconds: valid))
        do {
            try problem.requireMemoryForLongest(held: held)
            return nil
        } catch let error as UserError {
            return error
        }
    }

    @Test(
        "a recording that no memory holds is named before a run begins, to train on and to evaluate",
        arguments: [false, true])
    func refused(keepsFeatures: Bool) throws {
        // Forty minutes; what they take of a small model, and a machine that has less.
        let (long, held) = (2400.0, 20_000_000)
        for (train, valid, work) in [(long, 1, "training on it"), (1, long, "evaluating it")] {
            let fault = try #require(
                try refusal(train: train, valid: valid, keepsFeatures: keepsFeatures, held: held), "\(work)")
            #expect(fault.exitCode == .data)
            #expect(fault.description.hasPrefix("m.jsonl:2: 1.wav, 2400 s: \(work) takes "), "\(fault)")
        }
        #expect(try refusal(train: 1, valid: 1, keepsFeatures: keepsFeatures, held: held) == nil)
        let machine = physicalMemoryBytes()
        #expect(
            try refusal(train: long, valid: long, keepsFeatures: keepsFeatures, held: machine) == nil)
    }
}
