/// What a cost study needs to know about a recipe.
package struct RecipeAmounts: Codable, Equatable, Sendable {
    /// `model.path`.
    package let modelPath: String
    /// Seconds of audio per update, over all ranks.
    package let batchSeconds: Double
    /// Updates of the whole run.
    package let updates: Int
    /// Threads per rank.
    package let threads: Int
    /// Updates between masks; 0 if there are none, or if the interval is in epochs.
    package let maskInterval: Int
    /// Updates between checkpoints; 0 for none.
    package let checkpointInterval: Int

    /// The amounts of a recipe.
    package init(
        modelPath: String, batchSeconds: Double, updates: Int, threads: Int, maskInterval: Int,
        checkpointInterval: Int
    ) {
        (self.modelPath, self.batchSeconds, self.updates) = (modelPath, batchSeconds, updates)
        self.threads = threads
        (self.maskInterval, self.checkpointInterval) = (maskInterval, checkpointInterval)
    }
}

extension Recipe {
    /// The recipe's amounts.
    package var amounts: RecipeAmounts {
        RecipeAmounts(
            modelPath: model.path, batchSeconds: data.batchSeconds, updates: schedule.updates,
            threads: distributed.threadsPerRank,
            maskInterval: pruning.intervalUnit == .updates
                ? pruning.maskInterval(updates: schedule.updates) : 0,
            checkpointInterval: checkpoint.everyUpdates)
    }
}
