internal import Batching
internal import Collectives
internal import Foundation
internal import JSON
internal import Kernels
internal import Models
internal import Preflight
internal import Program
internal import Recipe
internal import Session
internal import Tasks
internal import Tensors
internal import Training

/// A rank's measurements of a number of updates.
struct StepMeasurements {
    fileprivate var wall: [Double] = []
    fileprivate var cpu: [Double] = []
    fileprivate var audio: [Double] = []
    fileprivate var operations: [Double] = []
    fileprivate var encoderOperations: [Double] = []
    fileprivate var phases: [StepPhases] = []
    fileprivate var productSpeeds: [Double] = []

    /// The seconds of each update on its slowest rank.
    private func slowest(_ session: Session) throws -> [Double] {
        let walls = try session.exchange(wall)
        return wall.indices.map { update in walls.reduce(0) { max($0, $1[update]) } }
    }

    /// The measurements of all ranks as one object.
    ///
    /// - Parameters:
    ///   - other: Updates alternating with these, without sums over ranks or with zeros multiplied; none
    ///     omits them.
    ///   - sparseLayers: The number of layers that multiplied only kept weights.
    func report(
        _ options: StepBenchmarkOptions, beside other: StepMeasurements, sparseLayers: Int, session: Session
    ) throws -> JSONValue {
        let slowest = try slowest(session)
        let beside = try other.slowest(session)
        let peaks = try session.exchange(peakResidentBytes())
        let speeds = try session.exchange(productSpeeds)
        let cpus = try session.exchange(cpu.reduce(0, +) / Double(cpu.count))
        let ranks = Double(session.communicator.size)
        let rate = audio.reduce(0, +) / slowest.reduce(0, +)
        // Backward computes a trained encoder's gradients with respect to inputs and weights.
        let encoderPasses: [MeasuredFeatures: Double] = [.computed: 1, .cached: 0, .trained: 3]
        let flops = zip(operations, encoderOperations).map {
            $0 + encoderPasses[options.features, default: 0] * $1
        }
        let bounds = productSpeeds.indices.map { update in speeds.reduce(0) { $0 + $1[update] } }
        // A rank alone waits for nobody; what other programs take of its processor is no fault of its own.
        let seconds = options.isAlone(among: session.communicator.size) ? cpu : slowest
        let shares = seconds.indices.map { flops[$0] / seconds[$0] / bounds[$0] }
        func phase(_ phase: (StepPhases) -> Double) -> JSONValue { .number(median(phases.map(phase))) }
        var fields: [JSONValue.Member] = [
            .init("benchmark", .string("step")), .init("model", .string(options.modelName)),
            .init("precision", .string(options.precision.stated?.rawValue ?? "auto")),
            .init("features", .string(options.features.rawValue)),
            .init("ranks", .integer(Int(ranks))), .init("threads", .integer(options.threads)),
            .init("updates", .integer(wall.count)),
            .init("dropout", .number(options.dropout)), .init("library", .string(matrixLibrary)),
            .init("audio_seconds_per_second", .number(rate)),
            .init("step_seconds", .number(median(slowest))),
            .init("step_seconds_minimum", .number(slowest.min() ?? 0)),
            .init("step_seconds_maximum", .number(slowest.max() ?? 0)),
            .init("cpu_seconds", .number(cpus.reduce(0, +) / ranks)),
            .init(
                "phases",
                .object([
                    .init("data", phase(\.data)), .init("compute", phase(\.compute)),
                    .init("exposed_communication", phase(\.exposedCommunication)),
                    .init("communication", phase(\.communication)), .init("optimizer", phase(\.optimizer)),
                    .init("other", phase(\.other)),
                ])),
            .init("flops", .number(flops.reduce(0, +) / Double(flops.count))),
            .init("flops_per_second", .number(flops.reduce(0, +) / slowest.reduce(0, +))),
            .init("gemm_flops_per_second", .number(median(bounds))),
            .init("share_of_gemm_bound", .number(median(shares))),
        ]
        if let probe = options.precisionProbe { fields.append(.init("precision_probe", probe.json)) }
        if options.besideSilent {
            fields.append(.init("silent_step_seconds", .number(median(beside))))
            fields.append(.init("step_over_silent", .number(median(zip(slowest, beside).map { $0 / $1 }))))
        } else if let mask = options.mask {
            fields.append(.init(mask.moves ? "moving_sparsity" : "held_sparsity", .number(mask.sparsity)))
            fields.append(.init("sparse_layers", .integer(sparseLayers)))
            fields.append(.init("dense_step_seconds", .number(median(beside))))
            fields.append(.init("dense_over_step", .number(median(zip(beside, slowest).map { $0 / $1 }))))
            // By this rank's processor time, which other programs on the machine do not affect.
            fields.append(.init("dense_over_step_cpu", .number(median(zip(other.cpu, cpu).map { $0 / $1 }))))
        } else {
            fields.append(.init("peak_resident_bytes", .integer(peaks.max() ?? 0)))
        }
        return .object(fields)
    }
}

/// A training whose updates are measured.
struct MeasuredReplica: ~Copyable {
    private var training: MeasuredTraining
    private(set) var measured = StepMeasurements()

    init(training: consuming MeasuredTraining) { self.training = training }

    /// The number of layers that multiply only kept weights.
    var sparseLayerCount: Int { training.sparseLayerCount }

    /// Does one update, and records it unless it is a warm-up.
    ///
    /// - Parameter productSpeed: The operations per second of the update's largest product, measured just
    ///   before; nil for a warm-up.
    mutating func update(_ operations: [FloatingPointOperations], productSpeed: Double?) throws {
        let (start, cpuStart) = (monotonicSeconds(), processorSeconds())
        let report = try training.step()
        guard let productSpeed else { return }
        measured.wall.append(monotonicSeconds() - start)
        measured.cpu.append(processorSeconds() - cpuStart)
        measured.audio.append(report.sums.audioSeconds)
        measured.operations.append(operations.reduce(0) { $0 + $1.forward + $1.backward })
        measured.encoderOperations.append(operations.reduce(0) { $0 + $1.featureEncoder })
        measured.phases.append(report.phases)
        measured.productSpeeds.append(productSpeed)
    }
}

/// This process's peak resident memory.
private func peakResidentBytes() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) * 1024
}
