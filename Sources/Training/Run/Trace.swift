internal import Checkpoints
package import Collectives
internal import Foundation
package import JSON
internal import Kernels
internal import MaskFiles
internal import Program
internal import Recipe
internal import Reports
internal import Session

/// What this rank did when; those of all ranks make a file for chrome://tracing and Perfetto.
///
/// Each rank is shown as a process, with a row for computation and one for sums over ranks. Times are on the
/// root's clock: clocks are compared before the first update and after the last, and drift in between is
/// assumed linear.
package struct Trace {
    private struct Update {
        let number: Int
        let start, end, workload: Double
    }

    /// The path of the file.
    package let path: String
    private let session: Session
    private let unit: WorkUnit
    private let atStart: (time: Double, offset: ClockOffset)
    private var spans: [(span: PhaseSpan, update: Int)] = []
    private var updates: [Update] = []
    /// Spans dropped for lack of room.
    private var leftOut = 0
    private let spanLimit: Int

    /// The maximum number of spans over all ranks, about 100 bytes each in the file.
    private static let spansOfAllRanks = 4_000_000

    /// Compares clocks; all ranks begin their traces together.
    ///
    /// - Parameter update: The update after which this run resumes. Earlier updates have their own trace
    ///   file, which the same command must not replace when resuming.
    init(path: String, after update: Int, unit: WorkUnit, session: Session) throws {
        self.path = update == 0 ? path : Self.path(path, after: update)
        self.session = session
        self.unit = unit
        spanLimit = max(1000, Self.spansOfAllRanks / session.communicator.size)
        atStart = (monotonicSeconds(), try session.communicator.clockOffset(now: monotonicSeconds))
    }

    /// Notes an update.
    package mutating func add(_ report: StepReport<some BatchSums>, start: Double, end: Double) {
        guard spans.count + report.phases.spans.count <= spanLimit else {
            leftOut += report.phases.spans.count
            return
        }
        spans += report.phases.spans.map { ($0, report.update) }
        updates.append(
            Update(number: report.update, start: start, end: end, workload: report.sums.workload))
    }

    /// Notes something between two updates.
    package mutating func add(_ phase: StepPhase, from start: Double, update: Int) {
        guard spans.count < spanLimit else { return leftOut += 1 }
        spans.append((PhaseSpan(phase: phase, start: start, end: monotonicSeconds()), update))
    }

    /// `trace.json` after update 5: `trace-after-5.json`.
    private static func path(_ path: String, after update: Int) -> String {
        let file = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        guard let dot = file.lastIndex(of: "."), dot != file.startIndex else {
            return "\(path)-after-\(update)"
        }
        return "\(path[..<dot])-after-\(update)\(path[dot...])"
    }

    /// All ranks' parts, on the root, as input of `write`; collective.
    package func gathered(plan: ReductionPlan, gradientBytes: Int, prunableBytes: Int) throws -> Gathered? {
        let communicator = session.communicator
        let atEnd = (time: monotonicSeconds(), offset: try communicator.clockOffset(now: monotonicSeconds))
        let clock = RootClock(atStart, atEnd)
        let origin = try session.share(atStart.time)
        let ranks = try session.exchange(
            RankClock(host: communicator.hostName, offset: atEnd.offset, leftOut: leftOut))
        let lines = events(clock: clock, origin: origin).map(\.line).joined(separator: ",\n")
        guard let parts = try communicator.gather([UInt8](lines.utf8), root: 0) else { return nil }
        var facts = facts(plan: plan, ranks: ranks)
        facts["gradient_bytes"] = .integer(gradientBytes)
        facts["prunable_bytes"] = .integer(prunableBytes)
        return Gathered(facts: facts, parts: parts)
    }

    /// Writes the file.
    package func write(_ gathered: Gathered) throws {
        var file = try AtomicFile(path: path)
        try file.write(Data("{\"displayTimeUnit\": \"ms\",\n\"otherData\": ".utf8))
        try file.write(Data((gathered.facts.line + ",\n\"traceEvents\": [\n").utf8))
        for (index, part) in gathered.parts.enumerated() {
            if index > 0 { try file.write(Data(",\n".utf8)) }
            try file.write(Data(part))
        }
        try file.write(Data("\n]}\n".utf8))
        try file.commit()
    }

    /// What the root writes: facts, and each rank's events.
    package struct Gathered {
        fileprivate let facts: JSONValue
        fileprivate let parts: [[UInt8]]
    }

    /// The events of this rank in Google's Trace Event Format: complete events ("X") in microseconds, and names ("M").
    private func events(clock: RootClock, origin: Double) -> [JSONValue] {
        let rank = session.communicator.rank
        func name(_ kind: String, row: Int, _ name: String) -> JSONValue {
            .object([
                .init("name", .string(kind)), .init("ph", .string("M")), .init("pid", .integer(rank)),
                .init("tid", .integer(row)), .init("args", .object([.init("name", .string(name))])),
            ])
        }
        func event(_ name: String, row: Int, _ start: Double, _ end: Double, _ arguments: [JSONValue.Member])
            -> JSONValue
        {
            let begin = clock.root(start)
            return .object([
                .init("name", .string(name)), .init("ph", .string("X")), .init("pid", .integer(rank)),
                .init("tid", .integer(row)), .init("ts", .number((begin - origin) * 1e6)),
                .init("dur", .number((clock.root(end) - begin) * 1e6)), .init("args", .object(arguments)),
            ])
        }
        let names = [
            name("process_name", row: 0, "rank \(rank) on \(session.communicator.hostName)"),
            name("thread_name", row: 0, "main"), name("thread_name", row: 1, "mpi"),
        ]
        let whole = updates.map {
            event(
                "update \($0.number)", row: 0, $0.start, $0.end,
                [.init("update", .integer($0.number)), .init(unit.field, .number($0.workload))])
        }
        let parts = spans.map { span, update in
            event(
                span.phase.rawValue, row: span.phase.isBeside ? 1 : 0, span.start, span.end,
                [.init("update", .integer(update))])
        }
        return names + whole + parts
    }

    /// What a reader needs besides the events.
    private func facts(plan: ReductionPlan, ranks: [RankClock]) -> JSONValue {
        func numbers(_ values: [Double]) -> JSONValue { .array(values.map(JSONValue.number)) }
        return .object([
            .init("parp", .string(parpVersion)), .init("ranks", .integer(ranks.count)),
            .init("hosts", .array(ranks.map { .string($0.host) })),
            .init("clock_offset_seconds", numbers(ranks.map(\.offset.seconds))),
            .init("clock_uncertainty_seconds", numbers(ranks.map(\.offset.uncertainty))),
            .init("spans_left_out", .integer(ranks.reduce(0) { $0 + $1.leftOut })),
            .init("reduction", plan.json),
        ])
    }
}

/// The state of a rank's clock at the end.
private struct RankClock: Codable {
    let host: String
    let offset: ClockOffset
    let leftOut: Int
}

/// Converts this rank's times to the root's.
private struct RootClock {
    private let start, end: (time: Double, offset: ClockOffset)

    init(_ start: (time: Double, offset: ClockOffset), _ end: (time: Double, offset: ClockOffset)) {
        (self.start, self.end) = (start, end)
    }

    func root(_ time: Double) -> Double {
        let share = (time - start.time) / max(end.time - start.time, 1e-9)
        return time + start.offset.seconds + share * (end.offset.seconds - start.offset.seconds)
    }
}

extension ReductionPlan {
    /// The plan with the probe's measurements.
    package var json: JSONValue {
        .object([
            .init("bucket_bytes", .integer(bucketBytes)), .init("senders", .string(senders.rawValue)),
            .init("group_sizes", .array(groupSizes.map(JSONValue.integer))),
            .init(
                "probes",
                .array(
                    probes.map { probe in
                        .object([
                            .init("senders", .string(probe.senders.rawValue)),
                            .init("latency_seconds", .number(probe.latency)),
                            .init("seconds_per_byte", .number(probe.secondsPerByte)),
                            .init(
                                "points",
                                .array(
                                    probe.points.map {
                                        .array([.integer($0.bytes), .number($0.seconds)])
                                    })),
                        ])
                    })),
        ])
    }
}
