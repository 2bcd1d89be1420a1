internal import CMath
public import Tensors

/// The Euclidean norm of a gradient, summed in double and in a fixed order.
public func gradientNorm(_ gradients: Tensor) -> Double {
    parp_sum_of_squares(gradients.pointer, Int64(gradients.count)).squareRoot()
}

/// The factor that clips a norm to a limit; 1 if it is below, or if the limit is 0.
public func clippingFactor(norm: Double, limit: Double) -> Double {
    limit > 0 && norm > limit ? limit / norm : 1
}
