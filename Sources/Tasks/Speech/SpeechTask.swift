package import Batching
internal import Recipe
internal import Speech
package import Training

/// A task on recordings: batches are planned the same way, whatever is trained.
package protocol SpeechTask: TrainingTask where MicroBatch == SpeechMicroBatch {
    /// The recordings.
    var data: SpeechDataset { get }
    /// How a global batch is divided into micro-batches.
    var sharing: BatchSharing { get }
}

extension SpeechTask {
    /// This rank's utterances, in micro-batches that fit its memory.
    package func microBatches(of globalBatch: [Int], rank: Int, rankCount: Int) -> [[Int]] {
        sharing.microBatches(of: globalBatch, items: data.items, rankCount: rankCount)[rank]
    }

    package var mostMicroBatches: Int? { sharing.mostMicroBatches }

    /// Manifest line, file, seconds and length of the transcript of an utterance.
    package func name(of item: Int) -> String {
        let utterance = data.utterances[item]
        let tokens = data.targets[item].count
        return "\(utterance.origin): \(utterance.audioPath), \(utterance.durationSeconds) s"
            + (tokens > 0 ? ", \(tokens) tokens" : "")
    }

    /// The micro-batch with a NaN in its first utterance.
    package func spoiled(_ batch: SpeechMicroBatch) -> SpeechMicroBatch { batch.spoiled }
}
