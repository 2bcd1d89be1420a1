public import Program

/// What is wrong with a file, where, and what to do.
public struct CheckpointError: Error, CustomStringConvertible, Equatable {
    /// The file.
    public let path: String
    /// What is wrong with it, as a sentence without its subject.
    public let fault: String

    /// A fault of a file.
    public init(_ path: String, _ fault: String) {
        self.path = path
        self.fault = fault
    }

    /// `PATH: what is wrong`.
    public var description: String { "\(path): \(fault)" }
}

extension CheckpointError: Fault {
    /// The exit code.
    public var exitCode: ExitCode { .data }
}
