import Optimization
import Testing

struct LearningRateScheduleTests {
    /// Rounding of a few operations in double.
    private let tolerance = 1e-12

    private func expectRates(_ schedule: LearningRateSchedule, _ rates: [Int: Double]) {
        for (update, rate) in rates {
            #expect(abs(schedule.rate(at: update) - rate) < tolerance, "at \(update)")
        }
    }

    @Test("tri-stage rises from a hundredth, holds, decays exponentially to a twentieth and stays")
    func triStage() {
        expectRates(
            LearningRateSchedule(peak: 1, updates: 100),
            [
                0: 0.01, 5: 0.505, 9: 0.901, 10: 1, 49: 1, 50: 1, 75: 0.05.squareRoot(), 100: 0.05, 101: 0.05,
                1000: 0.05,
            ])
    }

    @Test("tri-stage with the fine-tuning recipe's numbers")
    func recipe() {
        let schedule = LearningRateSchedule(peak: 5e-5, updates: 12_000)
        expectRates(schedule, [0: 5e-7, 600: 2.525e-5, 1200: 5e-5, 6000: 5e-5, 12_000: 2.5e-6])
    }

    @Test("any phase of tri-stage may be empty")
    func emptyPhases() {
        func schedule(_ warmup: Double, _ hold: Double, _ decay: Double) -> LearningRateSchedule {
            LearningRateSchedule(
                peak: 1, updates: 10, phases: [warmup, hold, decay])
        }
        expectRates(schedule(0, 0.5, 0.5), [0: 1, 5: 1, 10: 0.05])
        expectRates(schedule(0.5, 0, 0.5), [0: 0.01, 5: 1, 10: 0.05])
        expectRates(schedule(0.5, 0.5, 0), [0: 0.01, 5: 1, 10: 1, 11: 0.05])
        expectRates(schedule(0, 0, 0), [0: 1, 1: 0.05])
    }

    @Test("linear rises and falls along straight lines")
    func linear() {
        let schedule = LearningRateSchedule(
            kind: .linear, peak: 2, updates: 100, phases: [0.2, 0, 0.8], initialScale: 0,
            finalScale: 0)
        expectRates(schedule, [0: 0, 10: 1, 20: 2, 60: 1, 100: 0, 101: 0])
    }

    @Test("cosine falls along half a cosine, through the middle")
    func cosine() {
        let schedule = LearningRateSchedule(
            kind: .cosine, peak: 2, updates: 100, phases: [0.2, 0, 0.8], initialScale: 0, finalScale: 0.1)
        // A quarter of the way down: (1 + cos 45°) / 2 of the 1.8 that it falls.
        expectRates(
            schedule, [0: 0, 20: 2, 40: 0.2 + 0.9 * (1 + 0.5.squareRoot()), 60: 1.1, 100: 0.2, 101: 0.2])
    }

    @Test("constant is constant")
    func constant() {
        expectRates(LearningRateSchedule(kind: .constant, peak: 3, updates: 10), [0: 3, 5: 3, 100: 3])
    }
}
