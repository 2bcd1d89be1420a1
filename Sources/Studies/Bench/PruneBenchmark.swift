internal import Collectives
internal import Foundation
internal import JSON
package import Models
internal import Preflight
internal import Pruning
internal import Reports
package import Session
internal import Tensors
internal import Training

/// Options of `parp bench prune`.
package struct PruneBenchmarkOptions: Sendable {
    /// The shape whose pool is pruned.
    package var configuration: Wav2Vec2Configuration
    /// The model's name in the output.
    package var modelName: String
    /// The share of the pool to prune.
    package var sparsity = 0.5
    /// How often each part is measured; medians are reported.
    package var repeats = 9
    /// Whether to print one JSON object instead of a table.
    package var json = false

    /// A benchmark of a model's mask.
    package init(configuration: Wav2Vec2Configuration, modelName: String) {
        self.configuration = configuration
        self.modelName = modelName
    }
}

/// Measures a re-prune (selection on rank 0, broadcast, application) against one read of the pool at this
/// machine's bandwidth, and prints both.
package func runPruneBenchmark(_ options: PruneBenchmarkOptions, session: Session) throws {
    let layout = Wav2Vec2(options.configuration).layout
    let pool = PrunablePool(layout)
    let values = FlatBuffer(count: layout.count)
    layout.initialize(values.all, seed: 1)
    let bandwidth = MemoryBandwidth(elements: max(1, pool.count), repeats: options.repeats)
    let read = Double(pool.count * MemoryLayout<Float>.stride) / bandwidth.read
    let communicator = session.communicator
    var parts: [MaskPart: [Double]] = [:]
    // Every rank runs the same parts, and the slowest counts.
    for turn in 0...options.repeats {
        // A pruned pool would be pruned faster.
        layout.initialize(values.all, seed: UInt64(turn + 1))
        for (part, seconds) in try measureMask(values.all, pool, options.sparsity, communicator) {
            let slowest = try session.exchange(seconds).max() ?? seconds
            if turn > 0 { parts[part, default: []].append(slowest) }
        }
    }
    let medians = parts.mapValues(median)
    guard session.isRoot else { return }
    let report = PruneMeasurement(
        options: options, poolSize: pool.count, ranks: communicator.size, read: read, parts: medians)
    print(options.json ? report.json.line : report.text)
}

/// The parts of a re-prune.
private enum MaskPart: String, CaseIterable {
    case selection
    case broadcast
    case application
    case together

    var words: String {
        switch self {
        case .selection: "exact selection on rank 0"
        case .broadcast: "broadcast of the bits, and comparison of hashes"
        case .application: "application"
        case .together: "the whole re-prune, as in training"
        }
    }
}

/// The seconds of each part on this rank, and of the whole.
private func measureMask(
    _ values: Tensor, _ pool: PrunablePool, _ sparsity: Double, _ communicator: any Communicator
) throws -> [(MaskPart, Double)] {
    func timed(_ body: () throws -> Void) throws -> Double {
        try communicator.barrier()
        let start = ContinuousClock.now
        try body()
        return seconds(since: start)
    }
    var mask = PruningMask.allKept(count: pool.count)
    let selection = try timed {
        if communicator.rank == 0 {
            mask = try magnitudeMask(values: values, pool: pool, sparsity: sparsity).mask
        }
    }
    let broadcast = try timed {
        var words = mask.bits
        try communicator.broadcast(&words, root: 0)
        mask = PruningMask(bits: words, count: pool.count)
        try communicator.agree(on: mask.hash, what: "the pruning mask")
    }
    var masks = MaskAuthority(pool: pool, communicator: communicator)
    let together = try timed {
        _ = try masks.update(sparsity: sparsity) {
            try magnitudeMask(values: values, pool: pool, sparsity: sparsity)
        }
        mask.apply(to: values, pool: pool)
    }
    let application = try timed { mask.apply(to: values, pool: pool) }
    return [
        (.selection, selection), (.broadcast, broadcast), (.application, application), (.together, together),
    ]
}

/// The figures of one benchmark.
private struct PruneMeasurement {
    let options: PruneBenchmarkOptions
    let poolSize: Int
    let ranks: Int
    /// Seconds of one read of the pool.
    let read: Double
    let parts: [MaskPart: Double]

    var json: JSONValue {
        .object(
            [
                .init("benchmark", .string("prune")), .init("model", .string(options.modelName)),
                .init("pool", .integer(poolSize)), .init("sparsity", .number(options.sparsity)),
                .init("ranks", .integer(ranks)), .init("read_seconds", .number(read)),
            ]
                + MaskPart.allCases.map {
                    .init($0.rawValue + "_seconds", .number(parts[$0] ?? 0))
                } + [.init("reads_of_the_pool", .number((parts[.together] ?? 0) / read))])
    }

    var text: String {
        let heading = String(
            format: "%@: %.1f M weights in the pool, sparsity %.2f, %d rank(s); medians of %d",
            options.modelName, Double(poolSize) / 1e6, options.sparsity, ranks, options.repeats)
        let rows =
            [("one read of the pool, at measured bandwidth", read)]
            + MaskPart.allCases.map { ($0.words, parts[$0] ?? 0) }
        let table = TextTable(
            [.left("part"), .right("time"), .right("reads of the pool")],
            rows: rows.map { words, seconds in
                [words, String(format: "%.2f ms", 1e3 * seconds), String(format: "%.1f", seconds / read)]
            })
        return ([heading] + table.lines).joined(separator: "\n")
    }
}
