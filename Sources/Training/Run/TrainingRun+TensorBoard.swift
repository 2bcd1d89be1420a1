internal import Foundation
internal import Pruning
internal import Recipe
internal import Session
internal import Tensors

/// What TensorBoard gets of a run besides its metrics: recipe, hyper-parameters with results, and histograms on request.
extension EventFile {
    /// Notes what begins.
    func begin(_ recipe: Recipe, wall: Double = Date().timeIntervalSince1970) {
        let settings = recipe.settings
        let metrics = recipe.task.choices.map { (tag: "eval/\($0.name)", title: $0.title) }
        let fenced = "```toml\n\(recipe.toml)\n```"
        append(
            [
                Self.text("recipe", fenced), Self.experiment(settings: settings, metrics: metrics),
                Self.sessionStart(settings: settings, wall: wall),
            ], step: 0, wall: wall)
    }

    /// Notes that a run ended well.
    func end(step: Int, wall: Double = Date().timeIntervalSince1970) {
        append([Self.sessionEnd(.success, wall: wall)], step: step, wall: wall)
    }
}

extension Recipe {
    /// What decides what is learnt, but for where data lies.
    fileprivate var settings: [(name: String, value: EventFile.Setting)] {
        RecipeKey.all(for: task).filter { $0.decidesResults && !$0.namesContent }.map { key in
            let value: EventFile.Setting =
                switch key.get(self) {
                case .boolean(let value): .boolean(value)
                case .integer(let value): .number(Double(value))
                case .number(let value): .number(value)
                case .string(let value): .text(value)
                case .array(let values): .text(values.map(\.toml).joined(separator: " "))
                }
            return (key.path, value)
        }
    }
}

extension TrainingRun {
    /// Notes how the kept weights of each prunable matrix are spread, where that was asked for.
    func noteHistograms(of values: Tensor) {
        guard writesHistograms, session.isRoot else { return }
        let summaries = masks.pool.members.map { member in
            EventFile.histogram("weights/\(member.slot.name)", of: values.elements(member.slot.range).array())
        }
        metrics.note(summaries, step: trainer.update)
    }
}
