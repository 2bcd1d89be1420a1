import Tensors
import TestSupport
import Testing

enum Tolerance {
    /// Sums of a few hundred float32 products of size 1 against the same in float64, as projected.
    static let golden = 3e-5
    /// Twice the same sum, rounded once more when it is added to itself.
    static let accumulated: Float = 2e-5
    /// OpenBLAS blocks by the shape, so the same row may be summed in another order: a few units in the last
    /// place of the partial sums, which reach 10 here.
    static let blocking: Float = 2e-5
    /// Sums of a thousand products of a probability and a number of size 1, in float32 beside double.
    static let attention: Float = 2e-5
    /// The same for sums of 700 products of size 1, as threads take other shapes.
    static let threads: Float = 2e-4
}

/// A tensor a kernel reads, and where backward puts its gradient.
struct Operand {
    let name: String
    let values: Tensor
    let gradient: Tensor

    init(_ name: String, _ values: Tensor, arena: inout Arena) {
        (self.name, self.values) = (name, values)
        gradient = arena.unset(rows: values.rows, columns: values.columns)
    }
}

/// Says whether a tensor projects to the number PyTorch gave.
func expectGolden(_ values: Tensor, _ golden: [String: Double], _ name: String) {
    guard let expected = golden[name] else {
        Issue.record("no golden value \(name)")
        return
    }
    let found = projection(values)
    #expect(
        abs(found - expected) <= Tolerance.golden * (1 + abs(expected)), "\(name): \(found), not \(expected)")
}

/// Checks a pair of kernels: values and gradients against PyTorch, gradients against differences, and that
/// backward overwrites activation gradients and accumulates parameter gradients.
func checkKernel(
    _ golden: [String: Double], output: Tensor, cotangent: Tensor, activations: [Operand],
    parameters: [Operand], forward: () -> Void, backward: () -> Void
) {
    output.fill(.nan)
    for operand in activations { operand.gradient.fill(.nan) }
    for operand in parameters { operand.gradient.fill(0) }
    forward()
    backward()
    expectGolden(output, golden, "output")
    for operand in activations + parameters { expectGolden(operand.gradient, golden, operand.name) }
    let once = (activations + parameters).map { $0.gradient.array() }
    for operand in activations + parameters {
        let comparison = compareGradient(operand.gradient, of: operand.values) {
            forward()
            return weightedSum(output, cotangent)
        }
        #expect(comparison.relativeError() < gradientTolerance, "\(operand.name): \(comparison)")
    }
    forward()
    backward()
    for (index, operand) in (activations + parameters).enumerated() {
        let factor: Float = index < activations.count ? 1 : 2
        let difference = largestDifference(operand.gradient.array(), once[index].map { factor * $0 })
        #expect(difference < Tolerance.accumulated, "\(operand.name) after a second backward")
    }
}

/// Says whether two results are the same, bit for bit, without printing them: there may be a million numbers.
func expectSameBits(_ a: [[Float]], _ b: [[Float]]) {
    let isSame = a.map { $0.map(\.bitPattern) } == b.map { $0.map(\.bitPattern) }
    #expect(isSame, "largest differences: \(zip(a, b).map(largestDifference))")
}

/// Says whether two results are the same, bit for bit.
func expectSameBits(_ a: [Float], _ b: [Float]) { expectSameBits([a], [b]) }

/// Runs a body with 1 and with 3 threads.
func withOneAndThreeThreads<Result>(_ body: () -> Result) -> (one: Result, three: Result) {
    (Threads.$countOfTask.withValue(1, operation: body), Threads.$countOfTask.withValue(3, operation: body))
}
