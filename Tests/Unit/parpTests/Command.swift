import Foundation

/// What a command left: its exit status and all that it said.
struct Outcome {
    let status: Int32
    let output: String
    let error: String

    /// Everything on the screen.
    var screen: String { output + error }

    /// How often a text occurs on the screen.
    func count(_ text: String) -> Int { screen.components(separatedBy: text).count - 1 }
}

/// Runs the built `parp` on so many ranks in a folder, with a limit of time: nothing can hang.
///
/// `timeout` ends it with 124, which no test expects.
func parp(_ arguments: [String], ranks: Int = 1, in folder: TemporaryFolder) throws -> Outcome {
    let launcher =
        ranks == 1
        ? [] : ["mpirun", "-np", "\(ranks)", "--oversubscribe", "--bind-to", "none"]
    return try run(["timeout", "-k", "5", "90"] + launcher + [parpCommand.path] + arguments, in: folder)
}

/// Runs a command to its end.
func run(_ arguments: [String], in folder: TemporaryFolder) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    process.environment = ProcessInfo.processInfo.environment.merging(
        ["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"], uniquingKeysWith: { $1 })
    // Files, not pipes: a full pipe would hold the command up.
    let (output, error) = (folder.path + "/.stdout", folder.path + "/.stderr")
    for path in [output, error] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle(forWritingAtPath: error)
    try process.run()
    process.waitUntilExit()
    return Outcome(
        status: process.terminationStatus,
        output: try String(contentsOfFile: output, encoding: .utf8),
        error: try String(contentsOfFile: error, encoding: .utf8))
}

/// The command, beside the test bundle in the build folder.
let parpCommand = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appendingPathComponent("parp")

/// The repository.
let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

/// A folder that ends with its test.
final class TemporaryFolder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("parp-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of a file of this name.
    func file(_ name: String) -> String { path + "/" + name }

    /// Writes bytes to a file.
    func write(_ data: Data, to name: String) throws {
        try data.write(to: URL(fileURLWithPath: file(name)))
    }

    /// Writes a text to a file.
    func write(_ text: String, to name: String) throws { try write(Data(text.utf8), to: name) }

    /// The content of a file.
    func read(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: file(name))) }
}
