internal import Checkpoints
internal import Foundation
internal import Program
internal import Recipe
internal import Reports
package import Session
internal import Training

/// Writes the page of a run up to its latest update, or one page of several runs, and prints its path.
///
/// - Parameters:
///   - runs: Run directories, including running or interrupted ones.
///   - output: The page; nil is `report.html` in the run, or `report.html` here for several.
package func runReport(_ runs: [String], output: String?, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        let found = try runs.map { path -> (directory: RunDirectory, recipe: Recipe) in
            let directory = RunDirectory(path: path)
            guard FileManager.default.fileExists(atPath: directory.metrics) else {
                throw UserError(.data, "\(path) holds no run: there is no metrics.jsonl")
            }
            return (directory, try beganRecipe(directory))
        }
        let tasks = Set(found.map(\.recipe.task))
        guard let first = found.first, tasks.count == 1 else {
            throw UserError(
                .usage,
                "the runs are of different tasks (\(tasks.map(\.rawValue).sorted().joined(separator: ", "))); give "
                    + "those of one task")
        }
        let outline = first.recipe.task.reportOutline
        let isOne = found.count == 1
        let html =
            isOne
            ? first.directory.makeReport(first.recipe, outline: outline, page: output).html
            : RunsReport(found.map { $0.directory.history(outline: outline) }).html
        let place = output ?? (isOne ? first.directory.report : "report.html")
        if let output { try OutputPlace(output, overwrites: output.hasSuffix(".html")).requireFreeForFile() }
        try AtomicFile.write(Data(html.utf8), to: place)
        print(place)
    }
}

/// The recipe of a run of any task.
private func beganRecipe(_ directory: RunDirectory) throws -> Recipe {
    if let recipe = try? Recipe(path: directory.recipe) { return recipe }
    return try Recipe(path: directory.recipe, task: .pretrain)
}

extension TaskKind {
    /// The outline of the page of a run of this task.
    var reportOutline: ReportOutline {
        switch self {
        case .ctc: CTCProblem.report
        case .pretrain: PretrainingProblem.report
        case .classify, .regress: TextProblem.report
        }
    }
}
