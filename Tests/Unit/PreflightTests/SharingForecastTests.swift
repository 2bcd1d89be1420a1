import Foundation
import TestSupport
import Testing

@testable import Preflight
@testable import Recipe

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
        try forecast(ranks: ranks, overrides: overrides).sharing
    }

    func forecast(ranks: Int, overrides: [String] = []) throws -> RunForecast {
        let recipe = try Recipe(
            path: repository + "/cluster/recipes/demo.toml",
            overrides: [
                "model.path=\(repository)/cluster/models/small", "data.train=\(manifest)",
                "data.valid=\(manifest)",
            ] + overrides)
        return try RunForecast(recipe: recipe, ranks: ranks, ranksPerNode: ranks)
    }
}

struct SharingForecastTests {
    @Test("two ranks of the demo get equal audio within 5 %, and wait for less than 8 % of their time")
    func demo() throws {
        let sharing = try DemoForecast().sharing(ranks: 2)
        let (first, second) = (sharing.rankSeconds[0], sharing.rankSeconds[1])
        #expect(abs(first - second) < 0.05 * min(first, second), "\(first) s and \(second) s")
        #expect(sharing.idleShare < 0.08)
        #expect(!sharing.isUneven && sharing.sufficientBatchSeconds == nil)
    }

    @Test("batches too small to distribute are named with a sufficient number")
    func uneven() throws {
        let demo = try DemoForecast()
        let small = try demo.sharing(ranks: 2, overrides: ["data.batch_seconds=12"])
        #expect(small.isUneven)
        let seconds = try #require(small.sufficientBatchSeconds)
        #expect(seconds > 12 && seconds < 2 * (asteriskDurations.max() ?? 0))
        #expect(try !demo.sharing(ranks: 2, overrides: ["data.batch_seconds=\(seconds)"]).isUneven)
    }

    @Test("without a number that would do, none is named")
    func hopeless() throws {
        let many = try DemoForecast().sharing(ranks: 200)
        #expect(many.isUneven && many.sufficientBatchSeconds == nil)
    }

    @Test("the features that a run keeps, and the checkpoints that it writes, are part of its time")
    func whole() throws {
        let demo = try DemoForecast()
        let sets = ["schedule.updates=40", "checkpoint.every_updates=10"]
        let keeping = try demo.forecast(ranks: 2, overrides: sets + ["data.cache_features=true"])
        let computing = try demo.forecast(ranks: 2, overrides: sets + ["data.cache_features=false"])
        #expect(keeping.featureOperations > 0 && computing.featureOperations == 0)
        // Weights with two moments, and masks; then a best and a final model.
        #expect(keeping.checkpointBytes > 12 * keeping.parameters)
        #expect(keeping.writtenBytes == 4 * keeping.checkpointBytes + 8 * keeping.parameters)
    }

    @Test("one rank waits for nobody")
    func alone() throws {
        #expect(try DemoForecast().sharing(ranks: 1).idleShare == 0)
    }
}
