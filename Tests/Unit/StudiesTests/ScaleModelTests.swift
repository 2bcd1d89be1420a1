import Foundation
import Testing

@testable import Preflight
@testable import Recipe
@testable import Studies

/// A model with every term, and what launches of it would measure.
struct ScaleFixture {
    let model: ScaleModel
    let study: ScaleStudy

    init(gigabits: Double = 10) throws {
        var model = ScaleModel()
        model.computeBase = 0.02
        model.computePerSecond = 0.1
        model.computeCrowding = 0.005
        model.straggleShare = 0.02
        model.optimizer = 0.05
        model.data = 0.001
        model.other = 0.002
        model.mask = 0.3
        model.checkpoint = 2
        model.memoryLatency = 30e-6
        model.memorySecondsPerByte = 1e-10
        model.network = NetworkCost(gigabits: gigabits, microseconds: 20)
        model.besideSeconds = 0.3e-3
        model.exposedBase = 0.004
        model.backwardShare = 0.65
        model.gradientBytes = 378_000_000
        model.bucketBytes = 10_000_000
        self.model = model
        let amounts = RecipeAmounts(
            modelPath: "m", batchSeconds: 64, updates: 1000, threads: 1, maskInterval: 50,
            checkpointInterval: 500)
        study = ScaleStudy(
            recipe: "recipe.toml", overrides: [],
            cells: [1, 2, 4, 8, 16].map {
                ScaleCell(mode: .strong, ranks: $0, method: "parp", sparsity: 0.5)
            },
            updates: 10, warmup: 2, minimumRepeats: 3, maximumRepeats: 5, tolerance: 0.05, launcher: "mpirun",
            amounts: amounts)
    }

    /// Launches on nodes of four ranks, with noise of a relative size.
    func measurements(noise: Double = 0) -> ScaleMeasurements {
        ScaleMeasurements(
            study: study,
            cells: study.cells.map { cell in
                (
                    cell: cell,
                    launches: (0..<3).map { turn in
                        ScaleLaunch(of: model, ranks: cell.ranks, factor: 1 + noise * Double(turn - 1))
                    }
                )
            })
    }
}

extension ScaleLaunch {
    /// What a launch would measure if a model were the truth.
    init(of model: ScaleModel, ranks: Int, factor: Double) {
        let setting = ScaleSetting(ranks: ranks, ranksPerNode: min(ranks, 4), audioSeconds: 64)
        let step = model.step(setting)
        let groups = (0..<setting.nodes).map { _ in setting.crowd }
        self.init(
            step: (step.total) * factor, audioSeconds: 64, data: step.data * factor,
            forward: step.compute * (1 - model.backwardShare) * factor,
            backward: step.compute * model.backwardShare * factor,
            exposed: (step.exposed + step.straggling) * factor, optimizer: step.optimizer * factor,
            straggling: step.straggling * factor,
            communication: Double(model.buckets) * model.bucketSeconds(setting) * factor,
            mask: model.mask, checkpoint: model.checkpoint, gradientBytes: model.gradientBytes,
            prunableShare: 0.9, bucketBytes: model.bucketBytes, groupSizes: groups,
            probes: ranks == 1
                ? []
                : [65_536, 1_048_576, 4_194_304, 16_777_216].map {
                    Probe(bytes: $0, seconds: model.sum(bytes: Double($0), setting) * factor)
                })
    }
}

struct ScaleModelTests {
    /// Only rounding, and Gauss's elimination of badly scaled equations, stand between.
    private let exactTolerance = 1e-4

    @Test("a model is found again from launches that it describes")
    func fitsItself() throws {
        let fixture = try ScaleFixture()
        let fitted = ScaleFit.fitted(fixture.measurements())
        for (name, _, _, value) in ScaleFit.terms where !name.contains("deviation") {
            #expect(
                abs(value(fitted) - value(fixture.model)) <= exactTolerance * max(value(fixture.model), 1e-6),
                "\(name): \(value(fitted)), not \(value(fixture.model))")
        }
        #expect(fitted.residual < exactTolerance)
        // Measured at 16 ranks at most, right at 512.
        let far = ScaleSetting(ranks: 512, ranksPerNode: 4, audioSeconds: 64)
        #expect(abs(fitted.step(far).total / fixture.model.step(far).total - 1) < 1e-3)
    }

    @Test("the interval of a projection holds the truth, and is wider where launches differ more")
    func intervals() throws {
        let fixture = try ScaleFixture()
        let far = ScaleSetting(ranks: 64, ranksPerNode: 4, audioSeconds: 64)
        let truth = fixture.model.step(far).total
        let widths = [0.01, 0.05].map { noise in
            let interval = ScaleFit(fixture.measurements(noise: noise)).interval { $0.step(far).total }
            #expect(interval.contains(truth))
            return interval.upperBound - interval.lowerBound
        }
        #expect(widths[0] < widths[1])
    }

    @Test("the Karp–Flatt fraction is Amdahl's serial share, and 0 of what scales ideally")
    func karpFlattFraction() throws {
        for ranks in [2.0, 8, 512] {
            let serial = 0.03
            let speedup = 1 / (serial + (1 - serial) / ranks)
            #expect(abs(try #require(karpFlatt(speedup: speedup, ranks: ranks)) - serial) < 1e-12)
            #expect(abs(try #require(karpFlatt(speedup: ranks, ranks: ranks))) < 1e-12)
        }
        #expect(karpFlatt(speedup: 1, ranks: 1) == nil)
    }

    /// The formula takes the expected latest of all ranks for every bucket; the simulation draws them.
    private let simulationTolerance = 0.05

    @Test(
        "to 512 ranks the formula and a simulation of the same step agree",
        arguments: [1.0, 10, 100], [8, 64, 512])
    func simulation(gigabits: Double, ranks: Int) throws {
        let model = try ScaleFixture(gigabits: gigabits).model
        let setting = ScaleSetting(ranks: ranks, ranksPerNode: 8, audioSeconds: 1600)
        let formula = model.step(setting).total
        let simulated = StepSimulation(model: model, setting: setting).meanSeconds(steps: 10)
        #expect(
            abs(simulated / formula - 1) < simulationTolerance, "\(simulated) s, by the formula \(formula)")
    }

    @Test("without chance, formula and simulation are the same on one rank and on one node")
    func simulationWithoutChance() throws {
        var model = try ScaleFixture().model
        model.straggleShare = 0
        for ranks in [1, 4] {
            let setting = ScaleSetting(ranks: ranks, ranksPerNode: 4, audioSeconds: 64)
            let simulated = StepSimulation(model: model, setting: setting).seconds(step: 0)
            #expect(abs(simulated / model.step(setting).total - 1) < 1e-9)
        }
    }

    @Test("a slower network takes longer, and a mask that is held sends less")
    func network() throws {
        let setting = ScaleSetting(ranks: 64, ranksPerNode: 4, audioSeconds: 64)
        let (slow, fast) = (try ScaleFixture(gigabits: 1).model, try ScaleFixture(gigabits: 10).model)
        #expect(slow.step(setting).exposed > fast.step(setting).exposed)
        var held = setting
        held.travelling = 0.5
        #expect(slow.step(held).exposed < slow.step(setting).exposed)
    }
}
