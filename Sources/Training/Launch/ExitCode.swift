internal import Checkpoints
internal import Collectives
internal import Pruning
internal import Speech
internal import Text

/// How a process ends, by the conventions of `sysexits.h` and of batch systems.
public enum ExitCode: Int32, Sendable {
    /// Wrong usage, or a recipe that cannot be.
    case usage = 64
    /// Data or a model file that cannot be used.
    case data = 65
    /// A fault of the program or the machine.
    case fault = 70
    /// A rank was lost, or ranks waited too long for it.
    case stalled = 75
    /// Interrupted in order: what was done is in a checkpoint, and the same command with --resume goes on.
    case interrupted = 85
}

/// A fault for its user: what happened, where, and the fix.
public struct UserError: Error, CustomStringConvertible {
    /// How the process ends.
    public let code: ExitCode
    /// What happened, where, and the fix.
    public let description: String

    /// A fault.
    public init(_ code: ExitCode, _ description: String) {
        self.code = code
        self.description = description
    }
}

/// The exit code of an error.
func exitCode(for error: any Error) -> Int32 {
    switch error {
    case let error as UserError: error.code.rawValue
    case let error as CollectiveFailure: error.exitCode
    case let error as CollectiveError where error.lostRank: ExitCode.stalled.rawValue
    case is RecipeError: ExitCode.usage.rawValue
    case is CheckpointError, is ManifestError, is AudioError, is TextError: ExitCode.data.rawValue
    default: ExitCode.fault.rawValue
    }
}

/// The sentence of an error.
func message(for error: any Error) -> String { "\(error)" }
