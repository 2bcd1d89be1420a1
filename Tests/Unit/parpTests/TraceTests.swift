import Foundation
import Testing

struct TraceTests {
    private struct Event {
        let name: String
        let rank, row: Int
        let start, end: Double
        let update: Int
    }

    private func trace(_ fixture: Fixture, _ name: String = "trace.json") throws -> (
        facts: [String: Any], events: [Event]
    ) {
        let file = try JSONSerialization.jsonObject(with: fixture.folder.read(name))
        let object = try #require(file as? [String: Any])
        let events = try #require(object["traceEvents"] as? [[String: Any]])
        let facts = try #require(object["otherData"] as? [String: Any])
        return (
            facts,
            try events.filter { $0["ph"] as? String == "X" }.map { event in
                let start = try #require(event["ts"] as? Double)
                let arguments = try #require(event["args"] as? [String: Any])
                return Event(
                    name: try #require(event["name"] as? String), rank: try #require(event["pid"] as? Int),
                    row: try #require(event["tid"] as? Int), start: start,
                    end: start + (try #require(event["dur"] as? Double)),
                    update: try #require(arguments["update"] as? Int))
            }
        )
    }

    @Test("a trace holds every rank's phases, inside their updates, on one clock")
    func traced() throws {
        let fixture = try Fixture()
        let outcome = try parp(
            ["train", "recipe.toml", "--output", "run", "--trace", "trace.json", "--report-bindings"],
            ranks: 2, in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        #expect(outcome.output.contains("rank 1 on "))
        let (facts, events) = try trace(fixture)
        #expect(facts["ranks"] as? Int == 2 && facts["spans_left_out"] as? Int == 0)
        let uncertain = try #require(facts["clock_uncertainty_seconds"] as? [Double])
        for rank in 0..<2 {
            let own = events.filter { $0.rank == rank }
            let updates = own.filter { $0.name.hasPrefix("update ") }
            #expect(updates.map(\.update) == Array(1...8))
            for update in updates {
                let inside = own.filter { $0.update == update.update && $0.row == 0 }
                // A rank without utterances in an update neither reads nor computes.
                let phases = inside.contains { $0.name == "data" } ? ["data", "forward", "backward"] : []
                for phase in phases + ["exposed communication", "optimizer"] {
                    #expect(inside.contains { $0.name == phase }, "rank \(rank), \(update.name): \(phase)")
                }
                for span in inside where !["mask", "evaluation", "checkpoint"].contains(span.name) {
                    // A microsecond of rounding in the text.
                    #expect(span.start >= update.start - 1 && span.end <= update.end + 1)
                }
            }
            for phase in ["mask", "evaluation", "checkpoint"] { #expect(own.contains { $0.name == phase }) }
            let sums = own.filter { $0.row == 1 }
            #expect(!sums.isEmpty && sums.allSatisfy { $0.name == "all-reduce" })
        }
        // No rank ends an update before the other started it: clocks agree, up to the stated uncertainty.
        for update in 1...8 {
            let both = events.filter { $0.name == "update \(update)" }
            #expect(events.contains { $0.update == update && $0.name == "forward" })
            let slack = 1e6 * (uncertain.max() ?? 0) + 1
            #expect((both.map(\.start).max() ?? 0) <= (both.map(\.end).min() ?? 0) + slack)
        }
    }

    @Test("a trace of one rank is one, too")
    func alone() throws {
        let fixture = try Fixture()
        let outcome = try parp(
            ["train", "recipe.toml", "--output", "run", "--trace", "trace.json"], in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        #expect(Set(try trace(fixture).events.map(\.rank)) == [0])
    }

    @Test(
        "an interrupted run leaves the trace of what it did, and the run that goes on leaves its own beside it"
    )
    func interrupted() throws {
        let fixture = try Fixture()
        let train = ["train", "recipe.toml", "--output", "run", "--trace", "trace.json"]
        let stopped = try parp(train + ["--inject", "signal@rank=1:step=5"], ranks: 2, in: fixture.folder)
        #expect(stopped.status == 85, "\(stopped.screen)")
        let resumed = try parp(train + ["--resume"], ranks: 2, in: fixture.folder)
        #expect(resumed.status == 0, "\(resumed.screen)")
        for (name, updates) in [("trace.json", 1...5), ("trace-after-5.json", 6...8)] {
            let (facts, events) = try trace(fixture, name)
            #expect(facts["ranks"] as? Int == 2)
            for rank in 0..<2 {
                let own = events.filter { $0.rank == rank }
                #expect(
                    own.filter { $0.name.hasPrefix("update ") }.map(\.update) == Array(updates), "\(name)")
                // The last thing that an interrupted run does is its checkpoint.
                #expect(
                    own.contains { $0.name == "checkpoint" && $0.update == updates.upperBound }, "\(name)")
            }
        }
    }

    @Test("a failed trace does not keep an interrupted run from being resumed")
    func unwritable() throws {
        let fixture = try Fixture()
        let train = ["train", "recipe.toml", "--output", "run"]
        let trace = ["--trace", "no/such/folder/trace.json"]
        let stopped = try parp(train + trace + ["--inject", "signal@step=5"], ranks: 2, in: fixture.folder)
        #expect(stopped.status == 85, "\(stopped.screen)")
        #expect(stopped.count("the trace was not written") == 1, "\(stopped.screen)")
        #expect(try parp(train + ["--resume"], ranks: 2, in: fixture.folder).status == 0)
    }
}
