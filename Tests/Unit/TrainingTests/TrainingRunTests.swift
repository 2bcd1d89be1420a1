import Checkpoints
import Collectives
import Foundation
import JSON
import Optimization
import Program
import Pruning
import Reports
import Session
import Tensors
import TestSupport
import Testing

@testable import Recipe
@testable import Training

/// The smallest task as a problem of a run.
private struct LeastSquaresProblem: RunProblem {
    struct Evaluation: RunEvaluation {
        let meanError: Double

        func value(of metric: MetricSpec) -> Double { meanError }
        func fields(sparsity: Double) -> [(String, JSONValue)] { [("error", .number(meanError))] }
        var isSound: Bool { meanError.isFinite }
        func summary(sparsity: Double) -> String { "" }
    }

    /// Five parts for any number of ranks: the bits of a sum do not depend on it.
    let task = LeastSquares(parts: 5)
    let recipe: Recipe
    let rank: Int

    static let report = ReportOutline(
        charts: [], columns: [], workload: .init(name: "items", field: "items"))

    var layout: ParameterLayout { task.layout }
    var modelPath: String { "least squares" }
    var pruningMethod: PruningMethod {
        recipe.pruning.makeMethod(updates: recipe.schedule.updates) { _ in [] }
    }

    func loadWeights(into values: Tensor, seed: UInt64) throws {
        guard rank == 0 else {
            throw UserError(.fault, "rank \(rank) loads weights, which rank 0 gives to all")
        }
        layout.initialize(values, seed: seed)
    }

    mutating func prepare(_ store: borrowing ParameterStore, session: Session) {}
    func makeTask() -> LeastSquares { task }

    func evaluate(
        after update: Int, isLast: Bool, parameters: ParameterViews, session: Session, arena: inout Arena
    ) -> Evaluation {
        Evaluation(meanError: task.meanError(parameters))
    }

    func files(update: Int, sparsity: Double, cost: RunCost, evaluation: Evaluation?) -> ModelFiles {
        ModelFiles(config: .object([.init("update", .integer(update))]), kept: [])
    }
}

/// Runs of several ranks in one process: what they agree on, and how they go on after a fault.
struct TrainingRunTests {
    private let folder: TemporaryFolder
    private let recipe: Recipe

    init() throws {
        folder = try TemporaryFolder()
        var recipe = Recipe()
        recipe.optimizer.learningRate = 0.05
        recipe.schedule.kind = .constant
        recipe.schedule.updates = 12
        recipe.pruning.interval = .value(3)
        recipe.evaluation.everyUpdates = 4
        recipe.checkpoint.everyUpdates = 4
        recipe.distributed.bucketMegabytes = 1
        recipe.distributed.senders = .all
        self.recipe = recipe
    }

    /// What one rank is left with at the end of a run.
    private struct Outcome: Sendable {
        let weights: [Float]
        let mask: [UInt64]
        let bestError: Double?
        /// How many calls of collectives the rank has made.
        let calls: Int
    }

    /// Runs the recipe, or goes on with it, as some ranks, which are all lost in a call if there is one that fails.
    private func run(
        in directory: RunDirectory, ranks: Int, resume: Bool = false, failingCall: Int? = nil
    ) -> [Result<Outcome, any Error>] {
        let recipe = recipe
        return runRanks(ThreadCommunicator.ranks(ranks, failingCall: failingCall)) { communicator in
            var start = TrainingRun.Start(
                recipe: recipe, session: Session(communicator: communicator), directory: directory,
                problem: LeastSquaresProblem(recipe: recipe, rank: communicator.rank), resume: resume)
            start.isQuiet = true
            var run = try TrainingRun(start)
            try run.run()
            return Outcome(
                weights: run.trainer.store.values.all.array(), mask: run.masks.current.bits,
                bestError: run.state.bestMetric, calls: communicator.log.count)
        }
    }

    private func directory(_ name: String) throws -> RunDirectory {
        let directory = RunDirectory(path: folder.path + "/" + name)
        try directory.create()
        return directory
    }

    /// What the log says of updates, masks and evaluations, without times.
    private func events(_ directory: RunDirectory) throws -> [String] {
        try String(contentsOfFile: directory.metrics, encoding: .utf8).split(separator: "\n").compactMap {
            let event = try JSONValue(parsing: Data($0.utf8))
            let fields = ["kind", "step", "loss", "error", "sparsity", "hash", "best"]
            guard ["train", "prune", "eval"].contains(event["kind"]?.string) else { return nil }
            return fields.compactMap { name in event[name].map { "\(name) \($0.line)" } }.joined(
                separator: ", ")
        }
    }

    /// A file of a run, byte for byte.
    private func content(_ path: String) -> Data? { FileManager.default.contents(atPath: path) }

    private func expectSame(_ directory: RunDirectory, as other: RunDirectory) throws {
        #expect(try events(directory) == events(other))
        let weights = content(directory.final + "/model.safetensors")
        #expect(weights != nil && weights == content(other.final + "/model.safetensors"))
        #expect(
            content(directory.best + "/model.safetensors") == content(other.best + "/model.safetensors"))
        let masks = try FileManager.default.contentsOfDirectory(atPath: directory.path + "/masks").sorted()
        #expect(
            masks == ["step-0", "step-12", "step-3", "step-6", "step-9"].map { $0 + ".safetensors" })
    }

    @Test("three ranks log the same losses and write the same files as one, to the bit")
    func anyNumberOfRanks() throws {
        let (alone, three) = (try directory("alone"), try directory("three"))
        let expected = try #require(run(in: alone, ranks: 1).first).get()
        for rank in try run(in: three, ranks: 3).map({ try $0.get() }) {
            #expect(rank.weights.map(\.bitPattern) == expected.weights.map(\.bitPattern))
            #expect(rank.mask == expected.mask && rank.bestError == expected.bestError)
        }
        try expectSame(three, as: alone)
        let events = try events(alone)
        #expect(events.count { $0.hasPrefix("kind \"train\"") } == 12)
        #expect(events.count { $0.hasPrefix("kind \"eval\"") } == 3)
    }

    @Test("every rank holds rank 0's last mask, and what is written is as sparse as asked")
    func masks() throws {
        let directory = try directory("run")
        let ranks = try run(in: directory, ranks: 3).map { try $0.get() }
        let slot = LeastSquares().layout.slots[0]
        let count = slot.shape.count
        for rank in ranks {
            #expect(rank.mask == ranks[0].mask)
            let mask = PruningMask(bits: rank.mask, count: count)
            #expect(mask.prunedCount == count / 2)
            #expect((0..<count).allSatisfy { mask[$0] || rank.weights[$0] == 0 })
        }
        let file = try SafetensorsFile(path: directory.final + "/model.safetensors")
        let values = FlatBuffer(count: count)
        try file.read(slot.name, into: values.all)
        #expect(values.all.array().count { $0 == 0 } == count / 2)
    }

    @Test(
        "a run whose ranks are lost goes on to the end that it would have had, on as many ranks or others",
        arguments: [0.3, 0.6, 0.9], [3, 2, 1])
    func lost(share: Double, ranks: Int) throws {
        let (whole, broken) = (try directory("whole"), try directory("broken"))
        let calls = try #require(run(in: whole, ranks: 3).first).get().calls
        for outcome in run(in: broken, ranks: 3, failingCall: Int(share * Double(calls))) {
            #expect(throws: (any Error).self) { try outcome.get() }
        }
        #expect(content(broken.final + "/model.safetensors") == nil, "it did not reach its end")
        broken.clearUnfinished()
        for rank in run(in: broken, ranks: ranks, resume: true) { _ = try rank.get() }
        try expectSame(broken, as: whole)
    }
}
