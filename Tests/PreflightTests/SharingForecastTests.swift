import Foundation
import TestSupport
import Testing

@testable import Preflight

/// The demo's run on a manifest of as long recordings as its own.
private struct DemoForecast {
    private let folder: TemporaryFolder
    private let manifest: String

    init() throws {
        folder = try TemporaryFolder()
        manifest = folder.path + "/train.jsonl"
        let lines = asteriskDurations.enumerated().map { index, seconds in
            #"{"audio_filepath": "\#(index).wav", "duration": \#(seconds), "text": "SI"}"# + "\n"
        }
        try Data(lines.joined().utf8).write(to: URL(fileURLWithPath: manifest))
    }

    func sharing(ranks: Int, overrides: [String] = []) throws -> SharingForecast {
        try RunForecast(
            recipe: repository + "/cluster/recipes/demo.toml",
            overrides: [
                "model.path=\(repository)/cluster/models/small", "data.train=\(manifest)",
                "data.valid=\(manifest)",
            ] + overrides, task: nil, ranks: ranks, ranksPerNode: ranks
        ).sharing
    }
}

struct SharingForecastTests {
    @Test("two ranks of the demo hear equally much within 5 %, and wait for less than 8 % of their time")
    func demo() throws {
        let sharing = try DemoForecast().sharing(ranks: 2)
        let (first, second) = (sharing.rankSeconds[0], sharing.rankSeconds[1])
        #expect(abs(first - second) < 0.05 * min(first, second), "\(first) s and \(second) s")
        #expect(sharing.idleShare < 0.08)
        #expect(!sharing.isUneven && sharing.sufficientBatchSeconds == nil)
    }

    @Test("batches too small to be shared out are named with a number that would do")
    func uneven() throws {
        let demo = try DemoForecast()
        let small = try demo.sharing(ranks: 2, overrides: ["data.batch_seconds=12"])
        #expect(small.isUneven)
        let seconds = try #require(small.sufficientBatchSeconds)
        #expect(seconds > 12 && seconds < 2 * (asteriskDurations.max() ?? 0))
        #expect(try !demo.sharing(ranks: 2, overrides: ["data.batch_seconds=\(seconds)"]).isUneven)
    }

    @Test("where no number would do, none is named")
    func hopeless() throws {
        let many = try DemoForecast().sharing(ranks: 200)
        #expect(many.isUneven && many.sufficientBatchSeconds == nil)
    }

    @Test("one rank waits for nobody")
    func alone() throws {
        #expect(try DemoForecast().sharing(ranks: 1).idleShare == 0)
    }
}
