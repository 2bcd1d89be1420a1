public import Program

/// Everything wrong with a file, each fault with its line.
public struct FileFaults: Error, CustomStringConvertible, Equatable {
    /// The file or folder.
    public let path: String
    /// What is wrong, one sentence per fault, with its place.
    public let faults: [String]

    /// A file's faults.
    public init(_ path: String, _ faults: [String]) {
        self.path = path
        self.faults = faults
    }

    /// All faults, with at most twenty spelled out.
    public var description: String {
        let shown = faults.prefix(20).map { "  " + $0 }
        let rest = faults.count > 20 ? ["  and \(faults.count - 20) more"] : []
        let count = faults.count == 1 ? "1 fault" : "\(faults.count) faults"
        return (["\(path): \(count)"] + shown + rest).joined(separator: "\n")
    }
}

extension FileFaults: Fault {
    /// The exit code.
    public var exitCode: ExitCode { .data }
}
