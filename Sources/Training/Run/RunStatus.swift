internal import Foundation
internal import Recipe

/// How far a run is.
package enum RunStatus: String, Sendable, Codable {
    /// Its folder holds no run.
    case absent
    /// It was begun, and can go on.
    case begun
    /// Its final model is there.
    case finished
}

/// How far the run of a recipe is in its folder.
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

/// Removes the checkpoints of a finished run: it will not go on, and they are many times its model.
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
