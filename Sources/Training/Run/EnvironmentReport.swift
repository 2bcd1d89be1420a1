internal import Collectives
internal import Foundation
internal import JSON
internal import Program
internal import Session
internal import Tensors

/// The environment of the run: `environment.json`.
///
/// - Parameter probe: The precision probe's result, if the recipe left the choice to it.
func environmentReport(
    session: Session, skipped: [String], precision: GEMMPrecision, probe: PrecisionProbe?
) -> JSONValue {
    let communicator = session.communicator
    let process = ProcessInfo.processInfo
    let cpu = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?
        .split(separator: "\n").first { $0.hasPrefix("model name") }?
        .split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
    return .object([
        .init("parp", .string(parpVersion)),
        .init("date", .string(ISO8601DateFormatter().string(from: Date()))),
        .init("host", .string(communicator.hostName)),
        .init("ranks", .integer(communicator.size)),
        .init("threads_per_rank", .integer(Threads.count)),
        .init("mpi", .string(communicator.libraryVersion)),
        .init("cpu", .string(cpu ?? "unknown")),
        .init("cores", .integer(process.processorCount)),
        .init("memory_bytes", .integer(physicalMemoryBytes())),
        .init("system", .string(process.operatingSystemVersionString)),
        .init("command", .array(CommandLine.arguments.map(JSONValue.string))),
        .init("precision", .string(precision.rawValue)),
        .init("precision_probe", probe?.json ?? .null),
        .init("left_out", .array(skipped.map(JSONValue.string))),
    ])
}
