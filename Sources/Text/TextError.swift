public import Program

/// Why a transcript or a vocabulary cannot be used.
public struct TextError: Error, CustomStringConvertible, Equatable {
    /// What is wrong, where, and the fix.
    public let description: String

    /// A fault.
    public init(_ description: String) { self.description = description }
}

extension TextError: Fault {
    /// The exit code.
    public var exitCode: ExitCode { .data }
}
