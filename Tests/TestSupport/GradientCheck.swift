public import Tensors

/// A derivative along one direction, as a backward pass gives it and as differences of the forward pass give
/// it.
public struct GradientComparison: Sendable, CustomStringConvertible {
    /// ⟨gradient, direction⟩.
    public let analytic: Double
    /// The difference quotient.
    public let numeric: Double

    /// |analytic - numeric| by the larger of the two, or by `floor` where both are near zero.
    public func relativeError(floor: Double = 1e-2) -> Double {
        abs(analytic - numeric) / max(abs(analytic), abs(numeric), floor)
    }

    /// Both numbers.
    public var description: String { "backward \(analytic), differences \(numeric)" }
}

/// What float32 leaves of a difference quotient: about 1e-7 of the loss by a step of 2e-2, with room for the
/// loss being larger than its derivative.
public let gradientTolerance = 1e-3

/// Compares a gradient with differences of the loss along one direction in which every element takes part.
///
/// `loss` reads `values` where they are and must be a pure function of them; they are moved and put back. The
/// quotient is of fourth order, (8 (f(h) - f(-h)) - (f(2h) - f(-2h)))/12h, so that h can be large enough for
/// float32.
public func compareGradient(
    _ gradient: Tensor, of values: Tensor, step: Float = 2e-2, loss: () -> Double
) -> GradientComparison {
    precondition(gradient.count == values.count, "\(gradient.count) derivatives of \(values.count) values")
    let origin = values.array()
    // Signs and sizes that no symmetry of a kernel can share, of norm 1.
    let raw = wave(values.count, phase: 0.5).map { $0 + 0.3 }
    let norm = raw.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let direction = raw.map { $0 / norm }
    func lossAt(_ distance: Float) -> Double {
        for index in 0..<values.count { values[index] = origin[index] + distance * direction[index] }
        defer { values.copy(from: origin) }
        return loss()
    }
    let near = lossAt(step) - lossAt(-step)
    let far = lossAt(2 * step) - lossAt(-2 * step)
    let analytic = (0..<values.count).reduce(0.0) { $0 + Double(gradient[$1]) * Double(direction[$1]) }
    return GradientComparison(analytic: analytic, numeric: (8 * near - far) / (12 * Double(step)))
}

/// Σ output · cotangent in double: the loss whose gradient by `output` is `cotangent`.
public func weightedSum(_ output: Tensor, _ cotangent: Tensor) -> Double {
    precondition(output.count == cotangent.count, "\(output.count) outputs, \(cotangent.count) weights")
    return (0..<output.count).reduce(0.0) { $0 + Double(output[$1]) * Double(cotangent[$1]) }
}
