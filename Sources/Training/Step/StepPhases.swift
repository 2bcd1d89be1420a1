internal import Kernels

/// What a rank does in a step, or between two.
package enum StepPhase: String, Sendable, CaseIterable {
    /// Waiting for the prefetch thread.
    case data
    /// Forward and loss.
    case forward
    /// Backward, from the first final gradient on.
    case backward
    /// Waiting for the all-reduce after backward has ended: the communication that was not hidden.
    case exposedCommunication = "exposed communication"
    /// Clipping and Adam.
    case optimizer
    /// All-reducing a bucket, on the MPI thread, hidden or not.
    case communication = "all-reduce"
    /// Selecting, broadcasting and applying a mask.
    case mask
    /// Evaluating.
    case evaluation
    /// Comparing replicas and writing a checkpoint.
    case checkpoint

    /// Whether it runs concurrently, on its own thread.
    package var isBeside: Bool { self == .communication }
}

/// One stretch of time in a phase.
package struct PhaseSpan: Sendable {
    /// What it was spent on.
    package let phase: StepPhase
    /// When it began and ended, by `monotonicSeconds`.
    package let start, end: Double

    /// Its length in seconds.
    package var seconds: Double { end - start }
}

/// Where a rank's time went in a step.
package struct StepPhases: Sendable {
    /// Every stretch, in the order noted.
    package private(set) var spans: [PhaseSpan] = []

    /// The step's wall time, once it has ended.
    package var wall = 0.0

    /// No time at all.
    package init() {}

    /// Notes a stretch.
    package mutating func add(_ phase: StepPhase, from start: Double, to end: Double) {
        spans.append(PhaseSpan(phase: phase, start: start, end: end))
    }

    /// The seconds of a phase.
    package func seconds(in phase: StepPhase) -> Double {
        spans.reduce(0) { $0 + ($1.phase == phase ? $1.seconds : 0) }
    }

    /// Waiting for the prefetch thread.
    package var data: Double { seconds(in: .data) }
    /// Forward and backward.
    package var compute: Double { seconds(in: .forward) + seconds(in: .backward) }
    /// Waiting for the all-reduce after backward has ended.
    package var exposedCommunication: Double { seconds(in: .exposedCommunication) }
    /// All-reducing, hidden or not.
    package var communication: Double { seconds(in: .communication) }
    /// Clipping and Adam.
    package var optimizer: Double { seconds(in: .optimizer) }
    /// The whole step: the noted phases and the rest.
    package var total: Double { noted + other }
    /// Everything else: the step's wall time minus the noted phases.
    package var other: Double { max(0, wall - noted) }

    private var noted: Double { data + compute + exposedCommunication + optimizer }
}
