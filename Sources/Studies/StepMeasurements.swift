internal import Checkpoints
internal import Collectives
internal import Foundation
internal import Kernels
internal import Models
internal import Tensors
internal import Training

/// What a rank measured of a number of updates.
struct StepMeasurements {
    private var wall: [Double] = []
    private var cpu: [Double] = []
    private var audio: [Double] = []
    private var operations: [Double] = []
    private var encoderOperations: [Double] = []
    private var phases: [StepPhases] = []

    /// Does one update and notes it.
    mutating func measure(
        _ training: inout MeasuredTraining, operations: [FloatingPointOperations]
    ) throws {
        let (start, cpuStart) = (monotonicSeconds(), processSeconds())
        let report = try training.step()
        wall.append(monotonicSeconds() - start)
        cpu.append(processSeconds() - cpuStart)
        audio.append(report.sums.audioSeconds)
        self.operations.append(operations.reduce(0) { $0 + $1.forward + $1.backward })
        encoderOperations.append(operations.reduce(0) { $0 + $1.featureEncoder })
        phases.append(report.phases)
    }

    /// The measurements of all ranks as one object; a step took as long as its slowest rank.
    func report(
        _ options: StepBenchmarkOptions, gemm: Double, session: Session
    ) throws -> JSONValue {
        let walls = try session.exchange(wall)
        let slowest = wall.indices.map { update in walls.reduce(0) { max($0, $1[update]) } }
        let peaks = try session.exchange(peakResidentBytes())
        let gemms = try session.exchange(gemm)
        let cpus = try session.exchange(cpu.reduce(0, +) / Double(cpu.count))
        let ranks = Double(session.communicator.size)
        let audioFactor = options.silent ? ranks : 1
        let rate = audioFactor * audio.reduce(0, +) / slowest.reduce(0, +)
        // Backward computes a trained encoder's gradients by inputs and by weights.
        let encoderPasses: [MeasuredFeatures: Double] = [.computed: 1, .cached: 0, .trained: 3]
        let flops = zip(operations, encoderOperations).map {
            $0 + encoderPasses[options.features, default: 0] * $1
        }
        let speed = flops.reduce(0, +) / slowest.reduce(0, +)
        let bound = gemms.reduce(0, +)
        func median(_ phase: (StepPhases) -> Double) -> JSONValue {
            .number(Self.median(phases.map(phase)))
        }
        return .object([
            .init("benchmark", .string("step")), .init("model", .string(options.modelName)),
            .init("precision", .string(options.precision)),
            .init("features", .string(options.features.rawValue)),
            .init("ranks", .integer(Int(ranks))), .init("threads", .integer(options.threads)),
            .init("communication", .boolean(!options.silent)), .init("updates", .integer(wall.count)),
            .init("dropout", .number(options.dropout)), .init("library", .string(matrixLibrary)),
            .init("audio_seconds_per_second", .number(rate)),
            .init("step_seconds", .number(Self.median(slowest))),
            .init("step_seconds_minimum", .number(slowest.min() ?? 0)),
            .init("step_seconds_maximum", .number(slowest.max() ?? 0)),
            .init("cpu_seconds", .number(cpus.reduce(0, +) / ranks)),
            .init(
                "phases",
                .object([
                    .init("data", median(\.data)), .init("compute", median(\.compute)),
                    .init("exposed_communication", median(\.exposedCommunication)),
                    .init("communication", median(\.communication)), .init("optimizer", median(\.optimizer)),
                ])),
            .init("flops", .number(flops.reduce(0, +) / Double(flops.count))),
            .init("flops_per_second", .number(speed)), .init("gemm_flops_per_second", .number(bound)),
            .init("share_of_gemm_bound", .number(speed / bound)),
            .init("peak_resident_bytes", .integer(peaks.max() ?? 0)),
        ])
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}

/// CPU seconds of this process, all threads.
private func processSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// The most memory that this process ever held.
private func peakResidentBytes() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) * 1024
}
