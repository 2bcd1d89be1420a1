internal import Foundation
internal import JSON
internal import Kernels
internal import Recipe

/// Where the ranks' time went: which of them the others wait for, and with what it is busy.
///
/// Ranks tell their seconds in the last message of each update, so that the ledger costs no message of its own.
struct RankLedger: Sendable {
    /// The sums of one rank.
    struct Entry: Sendable, Equatable {
        let host: String
        /// Seconds it waited for data.
        var data = 0.0
        /// Seconds of forward and backward.
        var compute = 0.0
        /// What it had to work on, in the task's unit.
        var workload = 0.0
        /// Seconds it waited for the slowest rank.
        var wait = 0.0
        /// Updates in which the others waited for it.
        var slowest = 0
    }

    private let unit: WorkUnit
    private(set) var entries: [Entry]
    private(set) var updates = 0
    /// Of the last update: the slowest rank, its seconds, and those of the rank in the middle.
    private(set) var last: (rank: Int, seconds: Double, median: Double) = (0, 0, 0)

    /// How much slower than the rank in the middle a rank must be on average to be spoken of.
    private static let notable = 0.1

    /// A ledger of ranks on these hosts.
    init(hosts: [String], unit: WorkUnit) {
        entries = hosts.map { Entry(host: $0) }
        self.unit = unit
    }

    /// Adds what the ranks said of an update.
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

    /// What there is to say of a rank that holds the others up; nil if none does.
    ///
    /// A rank is slow if the same work takes it longer. One that merely had more work is not: its share was uneven.
    var remark: String? {
        guard entries.count > 1, updates > 0 else { return nil }
        let slowest = excess(of: { ($0.data + $0.compute) / max($0.workload, 1e-9) })
        if slowest.excess > Self.notable {
            let entry = entries[slowest.rank]
            let cause = entry.data > entry.compute ? "waiting for \(unit.name)" : "computing"
            return String(
                format:
                    "slow rank: %d on %@, %.0f %% more seconds for %@ than the rank in the middle, "
                    + "most of them %@; the slowest in %d of %d updates",
                slowest.rank, entry.host, 100 * slowest.excess, unit.one, cause, entry.slowest, updates)
        }
        let busiest = excess(of: \.workload)
        guard busiest.excess > Self.notable else { return nil }
        return String(
            format: "uneven shares: rank %d had %.0f %% more %@ than the rank in the middle; "
                + "more %@ an update (%@) or fewer ranks even it out",
            busiest.rank, 100 * busiest.excess, unit.name, unit.name, unit.batchKey)
    }

    /// The rank with the largest value, and by what part of it that lies above the one in the middle.
    private func excess(of value: (Entry) -> Double) -> (rank: Int, excess: Double) {
        let values = entries.map(value)
        let median = values.sorted()[(values.count - 1) / 2]
        let largest = values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
        return (largest, values[largest] / max(median, 1e-9) - 1)
    }
}
