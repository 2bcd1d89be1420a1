import Pruning
import Testing

@testable import Preflight
@testable import Recipe

struct FittedRecipeTests {
    /// Facts of this many seconds of speech and weights.
    private func facts(
        seconds: Double, weights: Int, threshold: Float? = nil, ranks: Int = 2
    ) -> FittingFacts {
        FittingFacts(
            task: .ctc,
            corpus: .init(
                train: "train.jsonl", valid: "valid.jsonl", items: Int(seconds / 6), seconds: seconds,
                longestSeconds: 15, validItems: 50),
            model: .init(path: "model", weights: weights, threshold: threshold),
            machine: .init(ranks: ranks, ranksPerNode: ranks, memoryBytes: 16 << 30))
    }

    @Test(
        "what is fitted is a recipe that can be read, with few epochs of much speech and many of little",
        arguments: [600.0, 3600, 36000], [5_000_000, 95_000_000, 315_000_000])
    func epochs(_ seconds: Double, _ weights: Int) throws {
        let fitted = FittedRecipe(facts(seconds: seconds, weights: weights), FittingWishes())
        let recipe = try Recipe(text: fitted.toml(head: ["made here"]))
        #expect(try recipe == fitted.recipe())
        let epochs = Double(recipe.schedule.updates) * recipe.data.batchSeconds / seconds
        #expect((8...140).contains(epochs), "\(epochs) epochs")
        #expect(recipe.data.batchSeconds <= seconds / 4)
        #expect(recipe.schedule.updates * 2 >= Int(0.08 / recipe.optimizer.learningRate))
        let masks = recipe.schedule.updates / recipe.pruning.maskInterval(updates: recipe.schedule.updates)
        // Twenty, less what rounding the interval to a neat number takes.
        #expect(masks >= 18)
        #expect(fitted.notes.isEmpty)
    }

    @Test("a larger model learns at a lower rate")
    func rates() throws {
        let rates = try [5_000_000, 95_000_000, 315_000_000].map {
            try FittedRecipe(facts(seconds: 3600, weights: $0), FittingWishes()).recipe().optimizer
                .learningRate
        }
        #expect(rates[0] > rates[1] && rates[1] > rates[2])
        #expect(rates[1] == 1e-4)
    }

    @Test(
        "the interval is the updates in which Adam can carry a weight past the threshold, a twentieth of the run at most"
    )
    func interval() throws {
        func interval(_ threshold: Float) throws -> Int {
            let recipe = try FittedRecipe(
                facts(seconds: 3600, weights: 95_000_000, threshold: threshold), FittingWishes()
            ).recipe()
            return recipe.pruning.maskInterval(updates: recipe.schedule.updates)
        }
        // At a rate of 1e-4 and 800 updates.
        #expect(try interval(0.003) == 30)
        #expect(try interval(0.5) == 40)
    }

    @Test("PARP-P's sparsity stops rising before the end of the run")
    func ramp() throws {
        func end(_ method: ComparedMethod) throws -> Double {
            try FittedRecipe(
                facts(seconds: 600, weights: 5_000_000), FittingWishes(method: method, sparsity: 0.9)
            ).recipe().pruning.axes.end
        }
        #expect(try end(.progressive) == 0.7)
        #expect(try end(.parp) == ComparedMethod.parp.axes.end)
    }

    @Test("with 256 ranks and ten minutes of speech most would wait, which is reported")
    func manyRanks() {
        let fitted = FittedRecipe(facts(seconds: 600, weights: 95_000_000, ranks: 256), FittingWishes())
        #expect(fitted.notes.count == 1 && fitted.notes[0].contains("of 256, most would wait"))
    }

    @Test("a run that would take too long is shortened, or called too large for the machine")
    func time() throws {
        func fitted(hours: Double) throws -> FittedRecipe {
            var fitted = FittedRecipe(facts(seconds: 3600, weights: 95_000_000), FittingWishes(hours: 10))
            try fitted.keepToLimits { recipe in
                FittedCost(
                    hours: hours * Double(recipe.schedule.updates) / 800, nodeBytes: 1 << 30,
                    evaluationShare: 0)
            }
            return fitted
        }
        #expect(try fitted(hours: 5).recipe().schedule.updates == 800)
        #expect(try fitted(hours: 16).recipe().schedule.updates == 500)
        let hopeless = try fitted(hours: 100)
        #expect(try hopeless.recipe().schedule.updates == 800)
        #expect(hopeless.notes.count == 1 && hopeless.notes[0].contains("this machine cannot"))
        #expect(hopeless.notes[0].contains("about 20 ranks"))
    }

    @Test("memory that is short lowers what a rank holds at once, then recomputes, then says so")
    func memory() throws {
        func fitted(bytes: @escaping (Recipe) -> Int) throws -> FittedRecipe {
            var fitted = FittedRecipe(facts(seconds: 3600, weights: 95_000_000), FittingWishes())
            try fitted.keepToLimits { FittedCost(hours: 1, nodeBytes: bytes($0), evaluationShare: 0) }
            return fitted
        }
        let smaller = try fitted { Int($0.data.rankSeconds * 2e8) }
        #expect(try smaller.recipe().data.rankSeconds == 50 && smaller.notes.isEmpty)
        let recomputing = try fitted { $0.model.recomputeActivations ? 1 << 30 : 1 << 40 }
        #expect(try recomputing.recipe().model.recomputeActivations && recomputing.notes.isEmpty)
        #expect(try fitted { _ in 1 << 40 }.notes.count == 1)
    }

    @Test("evaluations that take more than a tenth of the work are left to the end")
    func evaluations() throws {
        var fitted = FittedRecipe(facts(seconds: 3600, weights: 95_000_000), FittingWishes())
        try fitted.keepToLimits {
            FittedCost(hours: 1, nodeBytes: 1, evaluationShare: $0.evaluation.everyUpdates > 0 ? 0.5 : 0.1)
        }
        #expect(try fitted.recipe().evaluation.everyUpdates == 0)
    }

    @Test("texts get three epochs, or ninety updates of few of them")
    func texts() throws {
        func recipe(_ examples: Int) throws -> Recipe {
            var facts = facts(seconds: 0, weights: 110_000_000)
            facts.task = .classify
            facts.corpus.items = examples
            facts.corpus.longTokens = 61
            return try FittedRecipe(facts, FittingWishes()).recipe()
        }
        #expect(try recipe(10000).schedule.updates == 938)
        #expect(try recipe(500).schedule.updates == 90)
        #expect(try recipe(500).data.maximumTokens == 64 && recipe(500).optimizer.learningRate == 5e-5)
    }
}
