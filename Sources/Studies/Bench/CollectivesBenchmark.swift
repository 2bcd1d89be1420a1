package import Collectives
internal import Foundation
internal import JSON
internal import Preflight
internal import Program
internal import Recipe
internal import Reports
package import Session
internal import Tensors
internal import Training

/// Compares our sum over ranks with `MPI_Allreduce`, measured alternately in this run, and reports how much
/// summing gradients slows down concurrent computation.
///
/// - Parameters:
///   - repeats: How often each sum is measured; medians are reported.
///   - frames: The frames of the simulated backward pass during which gradients are summed.
///   - json: Whether one JSON object is printed instead of tables.
package func runCollectivesBenchmark(repeats: Int, frames: Int, json: Bool, session: Session) throws {
    guard let communicator = session.communicator as? MPICommunicator, communicator.size > 1 else {
        throw UserError(.usage, "this needs at least two ranks; use mpirun -np 2 parp bench collectives")
    }
    let sums = try measureSums(communicator, repeats: repeats)
    let overlap = try measureOverlap(communicator, repeats: repeats, frames: frames)
    guard session.isRoot else { return }
    if json {
        print(
            JSONValue.object([
                .init("ranks", .integer(communicator.size)),
                .init("groups", .integer(communicator.groupCount)),
                .init("mpi", .string(communicator.libraryVersion)),
                .init("sums", .array(sums.map(\.json))), .init("overlap", overlap.json),
            ]).line)
    } else {
        let groups = communicator.groupCount
        print(
            "\(communicator.size) ranks in \(groups) group(s) that share memory; medians of \(repeats)"
        )
        print(SumMeasurement.table(sums, hasWire: groups > 1).text)
        print(overlap.text)
    }
}

/// Times of summing a number of bytes in each way: the seconds of the slowest rank.
struct SumMeasurement: Sendable {
    let bytes: Int
    /// `MPI_Allreduce` on ordinary memory.
    let library: Double
    /// Ours, in shared memory.
    let shared: Double
    /// Ours, on ordinary memory.
    let ordinary: Double
    /// Ours, in shared memory, as bfloat16 between groups.
    let bfloat16: Double

    var json: JSONValue {
        .object([
            .init("bytes", .integer(bytes)), .init("mpi_seconds", .number(library)),
            .init("shared_seconds", .number(shared)), .init("ordinary_seconds", .number(ordinary)),
            .init("bfloat16_seconds", .number(bfloat16)), .init("speedup", .number(library / shared)),
        ])
    }

    /// A line for each size: seconds, bytes per second, and the speed-up of each of our ways over the
    /// library.
    static func table(_ sums: [SumMeasurement], hasWire: Bool) -> TextTable {
        let ways = ["shared memory", "ordinary memory"] + (hasWire ? ["bfloat16"] : [])
        return TextTable(
            [.right("size"), .right("MPI_Allreduce"), .right("")]
                + ways.flatMap { [.right($0), .right(""), .right("times as fast")] },
            rows: sums.map { $0.row(hasWire: hasWire) })
    }

    private func row(hasWire: Bool) -> [String] {
        func cells(_ seconds: Double) -> [String] {
            [
                String(format: "%.3f ms", 1e3 * seconds),
                String(format: "%.2f GB/s", Double(bytes) / seconds / 1e9),
            ]
        }
        let size = bytes < 1 << 20 ? "\(bytes >> 10) KB" : String(format: "%.0f MB", Double(bytes) / 1e6)
        return [size] + cells(library)
            + ([shared, ordinary] + (hasWire ? [bfloat16] : [])).flatMap {
                cells($0) + [String(format: "%.1f", library / $0)]
            }
    }
}

/// Bytes from where latency decides to all gradients of the base model.
private let sizes = [4 << 10, 64 << 10, 1 << 20, 4 << 20, 25 << 20, 100 << 20, 94_400_000 * 4]

private func measureSums(_ communicator: MPICommunicator, repeats: Int) throws -> [SumMeasurement] {
    let largest = sizes[sizes.count - 1] / MemoryLayout<Float>.stride
    let shared = try communicator.makeBuffer(count: largest)
    let ordinary = FlatBuffer(count: largest)
    return try sizes.map { bytes in
        let range = 0..<bytes / MemoryLayout<Float>.stride
        // Short sums are repeated, so that the clock can resolve them.
        let times = min(200, max(1, (8 << 20) / bytes))
        let ways: [() -> PendingOperation] = [
            { communicator.enqueueLibrarySum(ordinary[range]) },
            { communicator.enqueueSum(shared[range], wire: .float32, kept: nil) },
            { communicator.enqueueSum(ordinary[range], wire: .float32, kept: nil) },
            { communicator.enqueueSum(shared[range], wire: .bfloat16, kept: nil) },
        ]
        let medians = try medianSeconds(communicator, repeats: repeats, ways: ways) { way in
            let pending = (0..<times).map { _ in way() }
            for operation in pending { try operation.wait() }
        }.map { $0 / Double(times) }
        return SumMeasurement(
            bytes: bytes, library: medians[0], shared: medians[1], ordinary: medians[2], bfloat16: medians[3])
    }
}

/// The medians of the slowest rank's seconds for each way, measured alternately after an uncounted first
/// turn.
package func medianSeconds<Way>(
    _ communicator: any Communicator, repeats: Int, ways: [Way], _ body: (Way) throws -> Void
) throws -> [Double] {
    var samples = ways.map { _ in [Double]() }
    for turn in 0...repeats {
        for (index, way) in ways.enumerated() {
            try communicator.barrier()
            let start = ContinuousClock.now
            try body(way)
            let elapsed = seconds(since: start)
            let ofRanks = try communicator.allGather([elapsed.bitPattern])
            let slowest = ofRanks.map { Double(bitPattern: $0[0]) }.max() ?? elapsed
            if turn > 0 { samples[index].append(slowest) }
        }
    }
    return samples.map { $0.sorted()[$0.count / 2] }
}
