internal import Batching
package import Checkpoints
package import Models
internal import Program
package import Recipe
package import Speech
package import Tensors
package import Training

/// A task on recordings that knows in advance how much memory a batch takes.
package protocol PlannedSpeechTask: SpeechTask, ActivationPlanning {
    /// The model's shape.
    var configuration: Wav2Vec2Configuration { get }

    /// What determines the memory of a micro-batch of an update.
    func plannedPass(_ items: [Int], update: Int, precision: GEMMPrecision) -> PlannedPass

    /// The arena bytes of a training pass.
    func arenaBytes(_ pass: PlannedPass) -> Int

    /// The arena bytes of evaluating the same utterances.
    func evaluationArenaBytes(_ pass: PlannedPass) -> Int

    /// What a recipe will train on and evaluate, from its model's shape and its manifests: no audio is read.
    static func planned(_ recipe: Recipe) throws -> PlannedSpeech
}

/// A recipe's task on the training utterances, and the same on the validation utterances, without audio.
package struct PlannedSpeech: Sendable {
    package let train: any PlannedSpeechTask
    package let valid: any PlannedSpeechTask
    /// Whether there are weights to start from.
    package let readsWeights: Bool
}

/// How far a run is planned ahead, in utterances: all of a fine-tuning run, or thousands of updates of
/// pre-training, whose batches are alike.
package let plannedUtterances = 4_000_000

extension PlannedSpeechTask {
    package func activationBytes(
        updates: Range<Int>, rank: Int, rankCount: Int, precision: GEMMPrecision, sparseSlots: Set<Int> = []
    ) -> Int {
        var largest = LargestPass(arenaBytes: arenaBytes)
        var seen = 0
        var walk = schedule.walk(from: updates.lowerBound)
        for update in updates {
            guard seen < plannedUtterances else { break }
            let batch = walk.nextBatch().items
            seen += batch.count
            for items in microBatches(of: batch, rank: rank, rankCount: rankCount) {
                var pass = plannedPass(items, update: update, precision: precision)
                pass.sparseSlots = sparseSlots
                largest.consider(pass)
            }
        }
        return largest.bytes
    }
}

extension SpeechDataset {
    /// The utterances of a manifest, with the durations that it states.
    package init(
        planned utterances: [Utterance], targets: [[Int]], path: String, preprocessor: PreprocessorConfig
    ) throws {
        guard !utterances.isEmpty else {
            throw UserError(.data, "\(path): none of its utterances is long enough to be used")
        }
        self.init(
            utterances: utterances, heldSeconds: utterances.map(\.durationSeconds),
            references: utterances.map(\.text), targets: targets, audioHashes: [],
            sampleRate: preprocessor.samplingRate, normalizesWaveform: preprocessor.normalizes)
    }

    /// The number of samples used of an utterance.
    package func sampleCount(_ item: Int) -> Int {
        Int((utterances[item].durationSeconds * Double(sampleRate)).rounded())
    }
}
