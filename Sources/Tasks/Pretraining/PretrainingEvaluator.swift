internal import Batching
internal import Collectives
internal import Models
internal import Session
internal import Tensors
internal import Training

/// Evaluates the pre-training objective, each rank its share of the utterances.
///
/// Masks, negatives and crops of long utterances are random, but the same in every evaluation of a run.
struct PretrainingEvaluator {
    let model: Wav2Vec2Pretraining
    let augmentation: Augmentation
    let seed: UInt64
    let rankSeconds: Double

    /// The sums over a dataset, the same on every rank.
    func evaluate(
        _ data: SpeechDataset, parameters: ParameterViews, session: Session, arena: inout Arena
    ) throws -> PretrainingTotals {
        let communicator = session.communicator
        let share = EpochPlan.shares(
            of: Array(data.utterances.indices), items: data.items, rankCount: communicator.size)[
                communicator.rank]
        var totals = PretrainingTotals(model.objective)
        for items in EpochPlan.microBatches(
            of: share, items: data.items, rankCost: rankSeconds)
        {
            if Interruption.isRequested { break }
            let batch = try data.loadPieces(items, seed: seed, step: 0)
            arena.reset()
            let noise = Noise(
                seed: seed, step: 0, identities: batch.identities, regularization: Regularization())
            let sums = model.evaluate(
                batch.batch(in: &arena), parameters: parameters, noise: noise, augmentation: augmentation,
                arena: &arena)
            totals += PretrainingTotals(sums, audioSeconds: batch.audioSeconds, objective: model.objective)
        }
        try session.giveUpEvaluationIfInterrupted()
        var shared = totals.vector
        try communicator.allReduceSum(&shared)
        totals.vector = shared
        return totals
    }
}
