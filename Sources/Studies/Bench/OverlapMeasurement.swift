internal import Collectives
internal import Foundation
internal import JSON
internal import Kernels
internal import Preflight
internal import Tensors
internal import Training

/// How much summing gradients slows down a concurrent backward pass.
struct OverlapMeasurement: Sendable {
    /// A pass whose gradients are not summed, in ordinary memory.
    let alone: Double
    /// The same pass with its gradients summed.
    let together: Double
    /// The seconds of the last pass's sums, including waiting for the other ranks.
    let communication: Double
    /// Of those, the seconds after the end of the pass itself.
    let exposed: Double
    /// The processor time of the summing thread per pass.
    let processor: Double

    var json: JSONValue {
        .object([
            .init("alone_seconds", .number(alone)), .init("together_seconds", .number(together)),
            .init("ratio", .number(together / alone)), .init("communication_seconds", .number(communication)),
            .init("exposed_seconds", .number(exposed)), .init("mpi_thread_seconds", .number(processor)),
        ])
    }

    var text: String {
        String(
            format: "overlap: a pass of %.3f s takes %.3f s with its gradients summed: %.3f×; "
                + "sums took %.3f s, %.3f s of them after the pass; the mpi thread used %.3f s of a core",
            alone, together, together / alone, communication, exposed, processor)
    }
}

/// Measures passes over matrices of the base model's size, alternately with and without communication.
func measureOverlap(
    _ communicator: MPICommunicator, repeats: Int, frames: Int
) throws -> OverlapMeasurement {
    // One core per rank, shared by the computing and the summing thread: the hardest case.
    setMathThreads(1)
    let pass = try PretendedBackward(communicator: communicator, frames: frames)
    var (communication, exposed) = (0.0, 0.0)
    var solo = GradientReducer(
        communicator: SoloCommunicator(), gradients: pass.ordinary.all, bucketBytes: 25 << 20)
    var joint = GradientReducer(communicator: communicator, gradients: pass.shared.all, bucketBytes: 25 << 20)
    let before = communicator.processorSeconds()
    let medians = try medianSeconds(communicator, repeats: repeats, ways: [false, true]) { isJoint in
        var extra = [0.0]
        if isJoint {
            pass.run(gradients: pass.shared.all, reducer: &joint)
            let start = ContinuousClock.now
            try joint.finish(extra: &extra)
            (communication, exposed) = (joint.communicationSeconds, seconds(since: start))
        } else {
            pass.run(gradients: pass.ordinary.all, reducer: &solo)
            try solo.finish(extra: &extra)
        }
    }
    let used = communicator.processorSeconds() - before
    return OverlapMeasurement(
        alone: medians[0], together: medians[1], communication: communication, exposed: exposed,
        processor: used / Double(repeats + 1))
}

/// The two matrix products of backward for 36 matrices of 768 × 3072: the base model's twelve layers.
private struct PretendedBackward: ~Copyable {
    let shared: FlatBuffer
    let ordinary: FlatBuffer
    private let memory: FlatBuffer
    private let input: Tensor
    private let dInput: Tensor
    private let dOutput: Tensor
    private let weight: Tensor
    private let rows = 768
    private let columns = 3072
    private let matrixCount = 36

    init(communicator: any Communicator, frames: Int) throws {
        let size = rows * columns
        shared = try communicator.makeBuffer(count: matrixCount * size)
        ordinary = FlatBuffer(count: matrixCount * size)
        memory = FlatBuffer(count: size + frames * (2 * columns + rows))
        weight = memory[0..<size].reshaped(rows: rows, columns: columns)
        let activations = memory[size..<memory.count]
        input = activations.elements(0..<frames * columns).reshaped(rows: frames, columns: columns)
        dInput = activations.elements(frames * columns..<2 * frames * columns)
            .reshaped(rows: frames, columns: columns)
        dOutput = activations.elements(2 * frames * columns..<activations.count)
            .reshaped(rows: frames, columns: rows)
    }

    /// Runs from the last matrix to the first, and tells the reducer of each.
    func run(gradients: Tensor, reducer: inout GradientReducer) {
        reducer.begin(trainableFrom: 0)
        let size = rows * columns
        for matrix in (0..<matrixCount).reversed() {
            let dWeight = gradients.elements(matrix * size..<(matrix + 1) * size)
                .reshaped(rows: rows, columns: columns)
            linearBackward(
                Matrix(dOutput), input: Matrix(input), weight: Matrix(weight), dWeight: dWeight, dBias: nil,
                into: Matrix(dInput))
            reducer.gradientsFinal(from: matrix * size)
        }
    }
}
