internal import CMath
public import Tensors

// A convolution's weight is (O, K, I) in memory; tap k of output o is one row of the matrix (O · K, I).

/// Computes W[:, k, :] = g[k] · v[:, k, :] / ‖v[:, k, :]‖ (Salimans and Kingma, 2016), one norm per tap as in
/// wav2vec 2.0.
///
/// - Parameters:
///   - direction: v, (O · K, I).
///   - gain: g, (1, K).
///   - norms: (1, K); overwritten, for backward.
///   - weight: W, (O · K, I); overwritten.
public func weightNormForward(
    direction: Tensor, gain: Tensor, kernelSize: Int, norms: Tensor, into weight: Tensor
) {
    precondition(gain.count == kernelSize && norms.count == kernelSize, "weight norm of \(kernelSize) taps")
    guard weight.device == .cpu else { return }
    for tap in 0..<kernelSize {
        var sum = 0.0
        for row in stride(from: tap, to: direction.rows, by: kernelSize) {
            sum += sumOfSquares(direction.rows(row..<row + 1))
        }
        norms[tap] = Float(sum.squareRoot())
    }
    for row in 0..<direction.rows {
        let tap = row % kernelSize
        let scale = gain[tap] / norms[tap]
        let (from, to) = (direction.rows(row..<row + 1), weight.rows(row..<row + 1))
        for column in 0..<from.count { to[column] = from[column] * scale }
    }
}

/// Accumulates dGain[k] += Σ dW ∘ v / ‖v‖ and dDirection += g / ‖v‖ · (dW − dGain[k] · v / ‖v‖).
///
/// - Parameters:
///   - dWeight: (O · K, I).
///   - dDirection: (O · K, I); accumulated.
///   - dGain: (1, K); accumulated.
public func weightNormBackward(
    _ dWeight: Tensor, direction: Tensor, gain: Tensor, kernelSize: Int, norms: Tensor,
    dDirection: Tensor, dGain: Tensor
) {
    guard dDirection.device == .cpu else { return }
    for tap in 0..<kernelSize {
        var projection = 0.0
        for row in stride(from: tap, to: direction.rows, by: kernelSize) {
            let range = row * direction.columns
            projection += parp_dot(
                dWeight.pointer + range, direction.pointer + range, Int64(direction.columns))
        }
        let dTap = Float(projection) / norms[tap]
        dGain[tap] += dTap
        let scale = gain[tap] / norms[tap]
        for row in stride(from: tap, to: direction.rows, by: kernelSize) {
            let (dW, v) = (dWeight.rows(row..<row + 1), direction.rows(row..<row + 1))
            let dV = dDirection.rows(row..<row + 1)
            for column in 0..<v.count {
                dV[column] += scale * (dW[column] - dTap * v[column] / norms[tap])
            }
        }
    }
}
