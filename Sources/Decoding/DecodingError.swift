public import Program

/// Why a language model, a lexicon or a text cannot be used.
public struct DecodingError: Error, CustomStringConvertible, Equatable {
    /// What is wrong, where, and the fix.
    public let description: String

    /// A fault.
    public init(_ description: String) { self.description = description }
}

extension DecodingError: Fault {
    /// How the process ends: the file cannot be used.
    public var exitCode: ExitCode { .data }
}
