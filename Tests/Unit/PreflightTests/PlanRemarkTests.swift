import Testing

@testable import Preflight
@testable import Recipe

struct PlanRemarkTests {
    /// Remarks on a run of this many hours and passes over ten minutes of speech.
    private func keys(
        _ overrides: [String] = [], corpus: Double = 600, epochs: Double = 30, hours: Double? = 1,
        evaluationShare: Double = 0.05, masks: Int = 12
    ) throws -> [[String]] {
        let recipe = try Recipe(text: "", overrides: ["data.batch_seconds=40"] + overrides)
        return PlannedAmounts(
            recipe: recipe, corpus: corpus, batch: recipe.data.batchSeconds, epochs: epochs, hours: hours,
            evaluationShare: evaluationShare, masksBetween: masks
        ).remarks.map(\.keys)
    }

    @Test("a sensible run gets no remark")
    func sensible() throws { #expect(try keys().isEmpty) }

    @Test("weeks of time name updates, batches, the model and the ranks")
    func weeks() throws {
        #expect(
            try keys(["checkpoint.every_minutes=15"], hours: 300)
                == [["schedule.updates", "data.batch_seconds", "model.path", "--ranks"]])
    }

    @Test("an update of a whole epoch names the batch and a number that would do")
    func wholeEpoch() throws {
        let recipe = try Recipe(text: "", overrides: ["data.batch_seconds=1600"])
        let remarks = PlannedAmounts(
            recipe: recipe, corpus: 600, batch: 1600, epochs: 30, hours: 1, evaluationShare: 0,
            masksBetween: 9
        ).remarks
        #expect(remarks.map(\.keys) == [["data.batch_seconds"]])
        #expect(
            remarks[0].sentence
                == "an update is the corpus 2.7 times: 40 would make sixteen updates per epoch")
    }

    @Test("12,000 epochs name the updates")
    func manyEpochs() throws {
        #expect(try keys(epochs: 12000) == [["schedule.updates", "data.batch_seconds"]])
    }

    @Test("few masks, rare checkpoints and expensive evaluations are remarked on")
    func others() throws {
        #expect(try keys(masks: 7) == [["pruning.interval"]])
        #expect(try keys(masks: 8).isEmpty)
        #expect(try keys(["pruning.method=dense"], masks: 0).isEmpty)
        #expect(try keys(hours: 70) == [["checkpoint.every_minutes", "checkpoint.every_updates"]])
        #expect(try keys(["checkpoint.every_minutes=30"], hours: 70).isEmpty)
        #expect(try keys(evaluationShare: 0.8) == [["evaluation.every_updates", "data.valid"]])
    }

    @Test(
        "numbers are rounded to what one would write",
        arguments: [
            (37.5, 40.0), (54.3, 50), (1234, 1200), (0.000_426, 0.000_45), (0.000_054_9, 5e-5), (17.2, 18),
            (600, 600),
        ])
    func neatNumbers(_ value: Double, _ expected: Double) {
        #expect(neat(value) == expected, "\(neat(value))")
    }
}
