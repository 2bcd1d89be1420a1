internal import CMath
public import Tensors

/// Adam (Kingma and Ba, 2015) as in fairseq: ε is added to √v before the bias correction, and weight decay is
/// applied to the weight itself (Loshchilov and Hutter, 2019).
public struct Adam: Sendable, Hashable {
    /// Decay of the first moment.
    public var beta1: Double
    /// Decay of the second moment.
    public var beta2: Double
    /// Added to the root of the second moment.
    public var epsilon: Double
    /// The share of a weight removed by an update with learning rate 1.
    public var weightDecay: Double

    /// The optimiser with these constants.
    public init(
        beta1: Double = 0.9, beta2: Double = 0.98, epsilon: Double = 1e-8, weightDecay: Double = 0
    ) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
    }

    /// Updates weights and moments in one pass.
    ///
    /// - Parameters:
    ///   - gradients: Sums; each is multiplied by `gradientScale` before anything else.
    ///   - step: The update's number, from 1.
    ///   - learningRate: The rate of this update.
    ///   - shadow: The weights in bfloat16, updated in the same pass; nil if there are none.
    ///   - gradientScale: One over the global denominator, times the clipping factor.
    public func update(
        values: Tensor, gradients: Tensor, firstMoment: Tensor, secondMoment: Tensor, shadow: Matrix? = nil,
        step: Int, learningRate: Double, gradientScale: Float
    ) {
        let counts = [gradients.count, firstMoment.count, secondMoment.count]
        precondition(counts.allSatisfy { $0 == values.count }, "Adam: \(values.count) weights and \(counts)")
        precondition(
            shadow.map { $0.precision == .bfloat16 && $0.count == values.count } ?? true,
            "a shadow of \(values.count) weights in bfloat16")
        let correction1 = 1 - power(beta1, step)
        let correction2 = 1 - power(beta2, step)
        let settings = parp_adam_settings(
            beta1: Float(beta1), beta2: Float(beta2), epsilon: Float(epsilon),
            step_size: Float(learningRate * correction2.squareRoot() / correction1),
            decay: Float(1 - learningRate * weightDecay), gradient_scale: gradientScale)
        parallelFor(values.count, grain: 65_536) { range in
            let start = range.lowerBound
            parp_adam(
                values.pointer + start, gradients.pointer + start, firstMoment.pointer + start,
                secondMoment.pointer + start,
                shadow?.address(start).assumingMemoryBound(to: UInt16.self), Int64(range.count), settings)
        }
    }

    private func power(_ base: Double, _ exponent: Int) -> Double {
        var (result, square, rest) = (1.0, base, exponent)
        while rest > 0 {
            if rest % 2 == 1 { result *= square }
            square *= square
            rest /= 2
        }
        return result
    }
}

extension Adam {
    /// The same optimiser without weight decay, for example for scores.
    public var withoutDecay: Adam {
        Adam(beta1: beta1, beta2: beta2, epsilon: epsilon)
    }
}
