internal import Models
internal import Recipe
internal import Speech
internal import Tensors

extension CTCProblem {
    /// Refuses, before the run begins, recordings that need more memory than there is: the longest of each
    /// set.
    ///
    /// Micro-batches of several recordings never exceed `data.rank_seconds`.
    func requireMemoryForLongest(held: Int = physicalMemoryBytes()) throws {
        try requireMemory(of: train, "training on it", held) { $0.arenaBytes($1) }
        try requireMemory(of: valid, "evaluating it", held) { $0.evaluationArenaBytes($1) }
    }

    private func requireMemory(
        of data: SpeechDataset, _ work: String, _ held: Int, bytes: (CTCTask, PlannedPass) -> Int
    ) throws {
        let items = data.utterances.indices
        guard let longest = items.max(by: { data.sampleCount($0) < data.sampleCount($1) }) else { return }
        let task = CTCTask(recipe: recipe, model: model, data: data)
        let precision = recipe.precision.products
        var pass = task.plannedPass([longest], update: recipe.schedule.updates, precision: precision)
        pass.hasFeatures = recipe.keepsFeatures
        let samples = data.sampleCount(longest)
        let features =
            recipe.keepsFeatures ? model.network.featureArenaBytes(samples: samples, precision: precision) : 0
        let utterance = data.utterances[longest]
        try Tasks.requireMemory(
            max(features, bytes(task, pass)),
            for: "\(utterance.origin): \(utterance.audioPath), \(Int(utterance.durationSeconds)) s: \(work)",
            held: held)
    }
}
