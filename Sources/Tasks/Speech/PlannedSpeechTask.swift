internal import Batching
package import Models
internal import Recipe
internal import Speech
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
    /// The number of samples used of an utterance.
    package func sampleCount(_ item: Int) -> Int {
        Int((utterances[item].durationSeconds * Double(sampleRate)).rounded())
    }
}
