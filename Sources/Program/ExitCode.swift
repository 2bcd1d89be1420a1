/// Exit codes, by the conventions of `sysexits.h` and of batch systems.
public enum ExitCode: Int32, Sendable {
    /// Wrong usage, or an impossible recipe.
    case usage = 64
    /// Data or a model file that cannot be used.
    case data = 65
    /// A fault of the program or the machine.
    case fault = 70
    /// A rank was lost, or ranks waited too long for it.
    case stalled = 75
    /// Interrupted cleanly: progress is in a checkpoint, and the same command with --resume continues.
    case interrupted = 85
}

/// A fault to report to the user: what happened, where, and the fix.
public struct UserError: Error, CustomStringConvertible {
    /// The exit code.
    public let code: ExitCode
    /// What happened, where, and the fix.
    public let description: String

    /// A fault.
    public init(_ code: ExitCode, _ description: String) {
        self.code = code
        self.description = description
    }
}

extension UserError: Fault {
    /// The exit code.
    public var exitCode: ExitCode { code }
}

/// An error that knows its exit code, and describes what happened, where, and the fix.
public protocol Fault: Error, CustomStringConvertible {
    /// The exit code.
    var exitCode: ExitCode { get }
}
