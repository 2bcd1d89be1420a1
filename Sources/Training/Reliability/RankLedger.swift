internal import Checkpoints
internal import Foundation

/// Where the ranks' time went: which of them the others wait for, and with what it is busy.
///
/// Ranks tell their seconds in the last message of each update, so that the ledger costs no message of its own.
struct RankLedger: Sendable {
    /// The sums of one rank.
    struct Entry: Sendable, Equatable {
        let host: String
        /// Seconds it waited for audio.
        var data = 0.0
        /// Seconds of forward and backward.
        var compute = 0.0
        /// Seconds it waited for the slowest rank.
        var wait = 0.0
        /// Updates in which the others waited for it.
        var slowest = 0
    }

    private(set) var entries: [Entry]
    private(set) var updates = 0
    /// Of the last update: the slowest rank, its seconds, and those of the rank in the middle.
    private(set) var last: (rank: Int, seconds: Double, median: Double) = (0, 0, 0)

    /// How much slower than the rank in the middle a rank must be on average to be spoken of.
    private static let notable = 0.1

    /// A ledger of ranks on these hosts.
    init(hosts: [String]) { entries = hosts.map { Entry(host: $0) } }

    /// Adds what the ranks said of an update.
    mutating func add(_ notes: [RankNote]) {
        guard notes.count == entries.count else { return }
        let seconds = notes.map { $0.data + $0.compute }
        let slowest = seconds.indices.reduce(0) { seconds[$1] > seconds[$0] ? $1 : $0 }
        last = (slowest, seconds[slowest], seconds.sorted()[seconds.count / 2])
        for rank in notes.indices {
            entries[rank].data += notes[rank].data
            entries[rank].compute += notes[rank].compute
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
                            .init("wait_seconds", .number(entry.wait)),
                            .init("slowest", .integer(entry.slowest)),
                        ])
                    })
            ),
        ]
    }

    /// What there is to say of a rank that holds the others up; nil if none does.
    var remark: String? {
        guard entries.count > 1, updates > 0 else { return nil }
        let busy = entries.map { $0.data + $0.compute }
        let median = busy.sorted()[(busy.count - 1) / 2]
        let slowest = busy.indices.reduce(0) { busy[$1] > busy[$0] ? $1 : $0 }
        let excess = busy[slowest] / max(median, 1e-9) - 1
        guard excess > Self.notable else { return nil }
        let entry = entries[slowest]
        let cause = entry.data > entry.compute ? "waiting for audio" : "computing"
        return String(
            format:
                "slow rank: %d on %@, %.0f %% more seconds than the rank in the middle, most of them %@; "
                + "the slowest in %d of %d updates", slowest, entry.host, 100 * excess, cause,
            entry.slowest, updates)
    }
}
