internal import JSON
internal import Recipe
internal import Reports
internal import Session
internal import Training

/// The cost of one or several runs.
struct RunCost: Sendable, Equatable {
    /// The phases of core time.
    enum Phase: String, Sendable, CaseIterable {
        /// Waiting for data.
        case data
        /// Forward and backward.
        case compute
        /// Waiting for sums over ranks not hidden by backward.
        case communication
        /// Clipping and Adam.
        case optimizer
        /// Selecting, broadcasting and applying masks.
        case pruning
        /// Evaluating the validation set.
        case evaluation
        /// Writing checkpoints.
        case checkpoints
    }

    /// Training runs.
    var runs = 0
    /// Updates.
    var updates = 0
    /// The work done, in the task's unit.
    var workload = 0.0
    /// Floating-point operations of updates, by the shapes of products and convolutions.
    var operations = 0.0
    /// Bytes that each rank contributed to sums of gradients.
    var gradientBytes = 0.0
    /// Bytes of masks sent to each rank.
    var maskBytes = 0.0
    /// Seconds in each phase, times the cores in use.
    var coreSeconds: [Phase: Double] = [:]

    /// All phases together.
    var allCoreSeconds: Double { coreSeconds.values.reduce(0, +) }

    /// Adds the cost of another run.
    static func += (sum: inout RunCost, other: RunCost) {
        sum.runs += other.runs
        sum.updates += other.updates
        sum.workload += other.workload
        sum.operations += other.operations
        sum.gradientBytes += other.gradientBytes
        sum.maskBytes += other.maskBytes
        sum.coreSeconds.merge(other.coreSeconds, uniquingKeysWith: +)
    }

    /// The sum of several.
    static func sum(_ costs: some Sequence<RunCost>) -> RunCost {
        costs.reduce(into: RunCost()) { $0 += $1 }
    }

    /// Divides summed costs by a count.
    func divided(by count: Int) -> RunCost {
        var mean = self
        let share = 1 / Double(max(1, count))
        mean.runs = Int((Double(runs) * share).rounded())
        mean.updates = Int((Double(updates) * share).rounded())
        mean.workload *= share
        mean.operations *= share
        mean.gradientBytes *= share
        mean.maskBytes *= share
        mean.coreSeconds = coreSeconds.mapValues { $0 * share }
        return mean
    }
}

extension RunCost {
    /// Sums a run's events, one of each kind and update.
    init(events: [JSONValue], unit: WorkUnit) {
        runs = 1
        let seconds: [(kind: MetricsKind, field: String, phase: Phase)] = [
            (.train, "data_seconds", .data), (.train, "compute_seconds", .compute),
            (.train, "exposed_communication_seconds", .communication),
            (.train, "optimizer_seconds", .optimizer), (.prune, "seconds", .pruning),
            (.eval, "seconds", .evaluation), (.checkpoint, "seconds", .checkpoints),
        ]
        var cores = 1.0
        for event in events {
            let kind = MetricsKind(of: event)
            // The number of ranks may change on resuming; events between updates belong to the previous
            // update.
            cores = event["cores"]?.double ?? cores
            for (_, field, phase) in seconds.filter({ $0.kind == kind }) {
                coreSeconds[phase, default: 0] += cores * (event[field]?.double ?? 0)
            }
            switch kind {
            case .train:
                updates += 1
                workload += event[unit.field]?.double ?? 0
                operations += event["flops"]?.double ?? 0
                gradientBytes += event["gradient_bytes"]?.double ?? 0
            case .prune:
                maskBytes += ((event["pool"]?.double ?? 0) / 64).rounded(.up) * 8
            default: break
            }
        }
    }

    /// As an object.
    func json(_ unit: WorkUnit) -> JSONValue {
        .object([
            .init("runs", .integer(runs)), .init("updates", .integer(updates)),
            .init(unit.field, .number(workload)), .init("flops", .number(operations)),
            .init("gradient_bytes", .number(gradientBytes)), .init("mask_bytes", .number(maskBytes)),
            .init("core_seconds", .number(allCoreSeconds)),
            .init(
                "core_seconds_by_phase",
                .object(Phase.allCases.map { .init($0.rawValue, .number(coreSeconds[$0] ?? 0)) })),
        ])
    }
}
