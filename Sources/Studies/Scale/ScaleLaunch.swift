internal import Foundation
internal import JSON
internal import MaskFiles
internal import Preflight
internal import Program
internal import Recipe
internal import Reports
internal import Tasks
internal import Training

/// The measurements of one launch, read from its trace: means over measured updates, in seconds.
package struct ScaleLaunch: Codable, Sendable {
    /// An update on its slowest rank.
    package let step: Double
    /// Audio per update, over all ranks.
    package let audioSeconds: Double
    /// Mean over ranks of each phase.
    package let data, forward, backward, exposed, optimizer: Double
    /// By how much the slowest rank's forward and backward were longer than the mean.
    let straggling: Double
    /// All-reducing, hidden or not: for each bucket the time of the rank that came last, which waited for no
    /// other.
    package let communication: Double
    /// A mask, and a checkpoint, on the slowest rank.
    package let mask, checkpoint: Double
    package let gradientBytes: Int
    /// The share of gradients that a mask may prune.
    let prunableShare: Double
    package let bucketBytes: Int
    /// The ranks of each node.
    package let groupSizes: [Int]
    /// Sums of several lengths before the first update.
    package let probes: [Probe]

    package struct Probe: Codable, Sendable {
        package let bytes: Int
        package let seconds: Double
    }

    /// Forward and backward.
    package var compute: Double { forward + backward }
    /// Time in no phase.
    package var other: Double { max(0, step - data - compute - exposed - optimizer) }

}

extension ScaleLaunch {
    /// Reads a launch of a study.
    init(folder: ScaleFolder, cell: ScaleCell, turn: Int, warmup: Int) throws {
        let path = folder.trace(cell, turn)
        try self.init(path: path, trace: readTrace(path), warmup: warmup)
    }

    /// The means of a trace.
    init(path: String, trace: JSONValue, warmup: Int) throws {
        func fault(_ what: String) -> UserError { UserError(.data, "\(path): \(what)") }
        guard let facts = trace["otherData"], let ranks = facts["ranks"]?.integer, ranks > 0,
            let reduction = facts["reduction"], let bytes = facts["gradient_bytes"]?.integer,
            let prunable = facts["prunable_bytes"]?.integer, let bucket = reduction["bucket_bytes"]?.integer
        else { throw fault("is no trace of parp train") }
        let table = TraceTable(trace["traceEvents"]?.elements ?? [], ranks: ranks)
        let updates = table.updates.filter { $0 > warmup }
        guard !updates.isEmpty else { throw fault("has no updates after the first \(warmup)") }
        func mean(_ value: (Int) -> Double) -> Double {
            updates.reduce(0) { $0 + value($1) } / Double(updates.count)
        }
        func meanOverRanks(_ phase: StepPhase) -> Double {
            mean { table.seconds(phase, $0).reduce(0, +) / Double(ranks) }
        }
        let probes = (reduction["probes"]?.elements?.first?["points"]?.elements ?? []).compactMap(Probe.init)
        self.init(
            step: mean { table.wholes[$0]?.max() ?? 0 },
            audioSeconds: mean { table.audioSeconds[$0] ?? 0 }, data: meanOverRanks(.data),
            forward: meanOverRanks(.forward), backward: meanOverRanks(.backward),
            exposed: meanOverRanks(.exposedCommunication), optimizer: meanOverRanks(.optimizer),
            straggling: mean { update in
                let compute = zip(table.seconds(.forward, update), table.seconds(.backward, update)).map(+)
                return (compute.max() ?? 0) - compute.reduce(0, +) / Double(ranks)
            },
            communication: mean(table.communication),
            mask: table.longest(.mask), checkpoint: table.longest(.checkpoint), gradientBytes: bytes,
            prunableShare: Double(prunable) / Double(max(1, bytes)), bucketBytes: bucket,
            groupSizes: reduction["group_sizes"]?.elements?.compactMap(\.integer) ?? [], probes: probes)
    }
}

extension ScaleLaunch.Probe {
    /// A pair of bytes and seconds.
    fileprivate init?(_ value: JSONValue) {
        guard let pair = value.elements, pair.count == 2, let bytes = pair[0].integer,
            let seconds = pair[1].double, seconds > 0
        else { return nil }
        self.init(bytes: bytes, seconds: seconds)
    }
}

/// Reads a trace of bounded size.
func readTrace(_ path: String) throws -> JSONValue {
    guard let data = FileManager.default.contents(atPath: path), data.count < 1 << 30 else {
        throw UserError(.data, "\(path): no trace, or one above 1 GB")
    }
    do {
        return try JSONValue(parsing: data, maximumValues: 64_000_000)
    } catch {
        throw UserError(.data, "\(path): \(error)")
    }
}

/// The spans of a trace by update, phase and rank.
private struct TraceTable {
    /// The seconds of an update on each rank.
    private(set) var wholes: [Int: [Double]] = [:]
    private(set) var audioSeconds: [Int: Double] = [:]
    private var sums: [Int: [StepPhase: [Double]]] = [:]
    /// The buckets of an update on each rank, in order.
    private var buckets: [Int: [[Double]]] = [:]
    private let ranks: Int

    init(_ events: [JSONValue], ranks: Int) {
        self.ranks = ranks
        for event in events {
            guard event["ph"]?.string == "X", let name = event["name"]?.string,
                let rank = event["pid"]?.integer, (0..<ranks).contains(rank),
                let seconds = event["dur"]?.double.map({ $0 / 1e6 }),
                let update = event["args"]?["update"]?.integer
            else { continue }
            if name == StepPhase.communication.rawValue {
                buckets[update, default: [[Double]](repeating: [], count: ranks)][rank].append(seconds)
            } else if let phase = StepPhase(rawValue: name) {
                sums[update, default: [:]][phase, default: [Double](repeating: 0, count: ranks)][rank] +=
                    seconds
            } else {
                wholes[update, default: []].append(seconds)
                audioSeconds[update] = event["args"]?["audio_seconds"]?.double
            }
        }
    }

    var updates: [Int] { wholes.keys.sorted() }

    /// The seconds of an update's sums, each on the fastest rank.
    func communication(_ update: Int) -> Double {
        let ofRanks = buckets[update] ?? []
        let count = ofRanks.map(\.count).min() ?? 0
        return (0..<count).reduce(0) { sum, bucket in sum + (ofRanks.map { $0[bucket] }.min() ?? 0) }
    }

    /// The seconds of a phase on each rank.
    func seconds(_ phase: StepPhase, _ update: Int) -> [Double] {
        sums[update]?[phase] ?? [Double](repeating: 0, count: ranks)
    }

    /// The mean over occasions of the slowest rank.
    func longest(_ phase: StepPhase) -> Double {
        let occasions = sums.values.compactMap { $0[phase]?.max() }
        return occasions.reduce(0, +) / Double(max(1, occasions.count))
    }
}
