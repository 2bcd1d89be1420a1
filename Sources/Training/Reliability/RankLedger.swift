internal import Foundation
internal import JSON
internal import Kernels
internal import Recipe

/// Where the ranks' time went: which rank the others wait for, and what takes its time.
///
/// Ranks report their seconds in the last message of each update, so the ledger needs no message of its own.
struct RankLedger: Sendable {
    /// The sums of one rank.
    struct Entry: Sendable, Equatable {
        let host: String
        /// Seconds it waited for data.
        var data = 0.0
        /// Seconds of forward and backward.
        var compute = 0.0
        /// Its workload, in the task's unit.
        var workload = 0.0
        /// Seconds it waited for the slowest rank.
        var wait = 0.0
        /// Updates in which the others waited for it.
        var slowest = 0
    }

    private let unit: WorkUnit
    private(set) var entries: [Entry]
    private(set) var updates = 0
    /// For the last update: the slowest rank, its seconds, and those of the median rank.
    private(set) var last: (rank: Int, seconds: Double, median: Double) = (0, 0, 0)

    /// How much slower than the median rank a rank must be on average to be reported.
    private static let notable = 0.1

    /// A ledger of ranks on these hosts.
    init(hosts: [String], unit: WorkUnit) {
        entries = hosts.map { Entry(host: $0) }
        self.unit = unit
    }

    /// Adds the ranks' notes of an update.
    mutating func add(_ notes: [RankNote]) {
        guard notes.count == entries.count else { return }
        let seconds = notes.map { $0.data + $0.compute }
        let slowest = seconds.indices.reduce(0) { seconds[$1] > seconds[$0] ? $1 : $0 }
        last = (slowest, seconds[slowest], seconds.sorted()[seconds.count / 2])
        for rank in notes.indices {
            entries[rank].data += notes[rank].data
            entries[rank].compute += notes[rank].compute
            entries[rank].workload += notes[rank].workload
            entries[rank].wait += seconds[slowest] - seconds[rank]
        }
        entries[slowest].slowest += 1
        updates += 1
    }

    /// The fields of a `train` event.
    var lastFields: [(String, JSONValue)] {
        guard entries.count > 1 else { return [] }
        return [
            ("slowest_rank", .integer(last.rank)), ("slowest_seconds", .number(last.seconds)),
            ("median_rank_seconds", .number(last.median)),
        ]
    }

    /// The fields of a `ranks` event: all sums since the run was started or resumed.
    var fields: [(String, JSONValue)] {
        [
            ("updates", .integer(updates)),
            (
                "ranks",
                .array(
                    entries.enumerated().map { rank, entry in
                        .object([
                            .init("rank", .integer(rank)), .init("host", .string(entry.host)),
                            .init("data_seconds", .number(entry.data)),
                            .init("compute_seconds", .number(entry.compute)),
                            .init(unit.field, .number(entry.workload)),
                            .init("wait_seconds", .number(entry.wait)),
                            .init("slowest", .integer(entry.slowest)),
                        ])
                    })
            ),
        ]
    }

    /// A remark about a rank that holds the others up; nil if none does.
    ///
    /// A rank is slow if the same work takes it longer. One that merely had more work is not slow: its share
    /// was uneven.
    var remark: String? {
        guard entries.count > 1, updates > 0 else { return nil }
        // A rank without work took no time, so it is not compared.
        let slowest = excess { $0.workload > 0 ? ($0.data + $0.compute) / $0.workload : nil }
        if let slowest, slowest.excess > Self.notable {
            let entry = entries[slowest.rank]
            let cause = entry.data > entry.compute ? "waiting for \(unit.name)" : "computing"
            return String(
                format:
                    "slow rank: %d on %@, %@ the median rank, "
                    + "mostly %@; the slowest in %d of %d updates",
                slowest.rank, entry.host, Self.more("seconds for \(unit.one)", slowest.excess), cause,
                entry.slowest, updates)
        }
        let remedy = "more \(unit.name) per update (\(unit.batchKey)) or fewer ranks even it out"
        let idle = entries.count { $0.workload <= 0 }
        guard idle == 0 else {
            return "uneven shares: \(idle) of \(entries.count) ranks never had any \(unit.name); \(remedy)"
        }
        guard let busiest = excess(of: \.workload), busiest.excess > Self.notable else { return nil }
        return "uneven shares: rank \(busiest.rank) had \(Self.more(unit.name, busiest.excess)) "
            + "the median rank; \(remedy)"
    }

    /// How much more, as a percentage, or as a factor if that would be large.
    private static func more(_ what: String, _ excess: Double) -> String {
        excess < 9.995
            ? String(format: "%.0f %% more \(what) than", 100 * excess)
            : String(format: "%.0f times the \(what) of", excess + 1)
    }

    /// The rank with the largest value, and its relative excess over the median; nil if fewer than two have a
    /// value, or the median is too small to compare with.
    private func excess(of value: (Entry) -> Double?) -> (rank: Int, excess: Double)? {
        let values = entries.enumerated().compactMap { rank, entry in
            value(entry).map { (rank: rank, value: $0) }
        }.filter(\.value.isFinite)
        guard values.count > 1, let largest = values.max(by: { $0.value < $1.value }) else { return nil }
        let median = values.map(\.value).sorted()[(values.count - 1) / 2]
        guard median > 1e-9 else { return nil }
        return (largest.rank, largest.value / median - 1)
    }
}
