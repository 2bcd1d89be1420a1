internal import Program
internal import Pruning
internal import Recipe

extension RunDirectory {
    /// Refuses another number of updates if the run cannot continue with it.
    ///
    /// From where the run resumes, everything that follows from `schedule.updates` (the learning rate, later
    /// masks, the end) is as if the recipe had always said so; what is done stays done. So the newest
    /// checkpoint must not be beyond the number, and a method whose masks are planned in shares of the run
    /// cannot continue: its shares would change.
    func checkLengthening(from begun: Recipe, to recipe: Recipe) throws {
        let (before, after) = (begun.schedule.updates, recipe.schedule.updates)
        guard before != after else { return }
        let done = checkpointUpdates().first ?? 0
        guard after > done else {
            throw UserError(
                .usage,
                "\(path) has done \(done) updates; schedule.updates is \(after): give more to continue, or use its final/"
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
