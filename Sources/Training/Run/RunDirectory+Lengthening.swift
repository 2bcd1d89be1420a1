internal import Program
internal import Pruning
internal import Recipe

extension RunDirectory {
    /// Refuses another number of updates where a run cannot go on with it.
    ///
    /// The rule: from where the run goes on, everything that follows from `schedule.updates` (the learning rate, the masks
    /// to come, the end) is what it would be had the recipe always said so. What is done stays done. So the number must
    /// not lie behind the newest checkpoint, and a method whose masks are planned in shares of the run cannot go on: its
    /// shares would move under it.
    func checkLengthening(from begun: Recipe, to recipe: Recipe) throws {
        let (before, after) = (begun.schedule.updates, recipe.schedule.updates)
        guard before != after else { return }
        let done = checkpointUpdates().first ?? 0
        guard after > done else {
            throw UserError(
                .usage,
                "\(path) has done \(done) updates; schedule.updates is \(after): give more to go on, or take its final/"
            )
        }
        let axes = recipe.pruning.axes
        let isPlannedInShares = axes.schedule != .constant || axes.holdFrom > 0 && axes.holdFrom < 1
        guard recipe.pruning.method == .dense || !isPlannedInShares else {
            throw UserError(
                .usage,
                "\(path) prunes by \(recipe.pruning.method.rawValue), which plans its masks in shares of the run: "
                    + "schedule.updates must stay \(before)")
        }
    }
}
