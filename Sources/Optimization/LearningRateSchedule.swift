#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Shapes of the learning-rate schedule.
public enum ScheduleKind: String, Sendable, Codable, CaseIterable {
    /// Linear rise, hold, exponential decay, as fairseq's `tri_stage`.
    case triStage = "tri_stage"
    /// Linear rise, then linear fall to the final rate.
    case linear
    /// Linear rise, then half a cosine to the final rate (Loshchilov and Hutter, 2017, without restarts).
    case cosine
    /// The peak rate throughout.
    case constant
}

/// The learning rate of every update, from the peak rate and three phases.
public struct LearningRateSchedule: Sendable, Hashable {
    /// The shape.
    public var kind: ScheduleKind
    /// The peak rate.
    public var peak: Double
    /// The updates of the run.
    public var updates: Int
    /// The shares of rise, hold and fall; any may be zero, and the rest of the run uses the final rate.
    public var phases: [Double]
    /// The rate at update 0, as a share of the peak, if there is a rise.
    public var initialScale: Double
    /// The rate at the end, as a share of the peak.
    public var finalScale: Double

    /// A schedule over `updates` updates.
    public init(
        kind: ScheduleKind = .triStage, peak: Double, updates: Int, phases: [Double] = [0.1, 0.4, 0.5],
        initialScale: Double = 0.01, finalScale: Double = 0.05
    ) {
        precondition(phases.count == 3, "a schedule has three phases, not \(phases)")
        self.kind = kind
        self.peak = peak
        self.updates = updates
        self.phases = phases
        self.initialScale = initialScale
        self.finalScale = finalScale
    }

    /// The rate of an update, counted from 0.
    public func rate(at update: Int) -> Double {
        let lengths = phases.map { Int($0 * Double(updates)) }
        let (rise, hold, fall) = (lengths[0], lengths[1], lengths[2])
        if kind == .constant { return peak }
        if update < rise {
            return peak * (initialScale + (1 - initialScale) * Double(update) / Double(rise))
        }
        if update < rise + hold { return peak }
        let past = update - rise - hold
        guard past <= fall else { return peak * finalScale }
        guard fall > 0 else { return peak }
        let share = Double(past) / Double(fall)
        switch kind {
        case .triStage: return finalScale > 0 ? peak * pow(finalScale, share) : peak * (1 - share)
        case .cosine: return peak * (finalScale + (1 - finalScale) * (1 + cos(.pi * share)) / 2)
        case .linear, .constant: return peak * (1 + (finalScale - 1) * share)
        }
    }
}
