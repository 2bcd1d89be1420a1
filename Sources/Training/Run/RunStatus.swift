internal import Foundation
internal import Recipe

/// The status of a run.
package enum RunStatus: String, Sendable, Codable {
    /// Its folder holds no run.
    case absent
    /// It was started, and can continue.
    case begun
    /// Its final model exists.
    case finished
}

/// The status of a recipe's run in its folder.
///
/// - Throws: `UserError` if the folder holds another recipe's run.
package func runStatus(_ options: TrainOptions) throws -> RunStatus {
    let recipe = try Recipe(path: options.recipe, overrides: options.overrides)
    let directory = RunDirectory(path: options.directory)
    guard directory.holdsRun else { return .absent }
    try directory.checkFree(for: recipe, resume: true)
    let isFinished = [directory.final, directory.report].allSatisfy(FileManager.default.fileExists)
    return isFinished ? .finished : .begun
}

/// Removes the checkpoints of a finished run: it will not continue, and they are many times the model's size.
package func removeCheckpoints(ofFinishedRun options: TrainOptions) {
    RunDirectory(path: options.directory).keepNewestCheckpoints(0)
}

extension TrainOptions {
    /// The run directory, decided.
    package var directory: String {
        let name = ((recipe as NSString).lastPathComponent as NSString).deletingPathExtension
        return output ?? "runs/\(name)"
    }
}
