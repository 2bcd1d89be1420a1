internal import Optimization
package import Recipe

extension Recipe {
    /// The optimiser and its schedule.
    package var optimizerSettings: OptimizerSettings {
        OptimizerSettings(
            adam: Adam(
                beta1: optimizer.betas[0], beta2: optimizer.betas[1], epsilon: optimizer.epsilon,
                weightDecay: optimizer.weightDecay),
            schedule: LearningRateSchedule(
                kind: schedule.kind, peak: optimizer.learningRate, updates: schedule.updates,
                phases: schedule.phases, initialScale: schedule.initialScale,
                finalScale: schedule.finalScale),
            clipNorm: optimizer.clipNorm,
            scoreRate: pruning.scoreLearningRate.stated.map { $0 / optimizer.learningRate } ?? 1)
    }
}
