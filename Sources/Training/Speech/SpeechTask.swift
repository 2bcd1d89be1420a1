internal import Speech

/// A task on recordings: its batches are planned the same way, whatever is learnt from them.
protocol SpeechTask: TrainingTask {
    /// The recordings.
    var data: SpeechDataset { get }
    /// The global batches, update by update.
    var schedule: BatchSchedule { get }
    /// The most seconds of audio that a rank holds at once.
    var rankSeconds: Double { get }
}

extension SpeechTask {
    /// The utterances of an update's global batch.
    func globalBatch(update: Int) -> [Int] { schedule.batch(update: update).items }

    /// This rank's utterances, in micro-batches of at most `rankSeconds` of audio.
    func microBatches(of globalBatch: [Int], rank: Int, rankCount: Int) -> [[Int]] {
        let plan = EpochPlan.self
        let share = plan.shares(of: globalBatch, utterances: data.utterances, rankCount: rankCount)[rank]
        return plan.microBatches(of: share, utterances: data.utterances, rankSeconds: rankSeconds)
    }
}
