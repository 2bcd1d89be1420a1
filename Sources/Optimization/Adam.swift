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
        let settings = settings(step: step, learningRate: learningRate, gradientScale: gradientScale)
        parallelFor(values.count, grain: Self.grain) { range in
            let start = range.lowerBound
            parp_adam(
                values.pointer + start, gradients.pointer + start, firstMoment.pointer + start,
                secondMoment.pointer + start,
                shadow?.address(start).assumingMemoryBound(to: UInt16.self), Int64(range.count), settings)
        }
    }

    /// Updates a range of a store, or of its elements those that have moments: the others must be 0, and stay so.
    ///
    /// Results have the same bits as if pruned weights had moments of 0 and gradients of 0.
    public func update(
        _ range: Range<Int>, of store: borrowing ParameterStore, step: Int, learningRate: Double,
        gradientScale: Float
    ) {
        let (first, second) = (store.moments.first.all, store.moments.second.all)
        guard let words = store.moments.kept?.words else {
            return update(
                values: store.values[range], gradients: store.gradients[range],
                firstMoment: first.elements(range), secondMoment: second.elements(range),
                shadow: store.shadow(range), step: step, learningRate: learningRate,
                gradientScale: gradientScale)
        }
        let settings = settings(step: step, learningRate: learningRate, gradientScale: gradientScale)
        let (values, gradients, shadow) = (store.values.all, store.gradients.all, store.shadow)
        let starts = Array(stride(from: range.lowerBound, to: range.upperBound, by: Self.grain))
        let places = starts.map { store.moments.places(of: $0..<range.upperBound).lowerBound }
        parallelFor(starts.count, grain: 1) { parts in
            for (start, place) in zip(starts[parts], places[parts]) {
                parp_adam_kept(
                    values.pointer, gradients.pointer, first.pointer + place, second.pointer + place,
                    shadow?.address(0).assumingMemoryBound(to: UInt16.self), Int64(start),
                    Int64(min(start + Self.grain, range.upperBound)), words, settings)
            }
        }
    }

    /// Elements that one thread takes at a time, at least.
    private static let grain = 65_536

    private func settings(step: Int, learningRate: Double, gradientScale: Float) -> parp_adam_settings {
        let correction1 = 1 - power(beta1, step)
        let correction2 = 1 - power(beta2, step)
        return parp_adam_settings(
            beta1: Float(beta1), beta2: Float(beta2), epsilon: Float(epsilon),
            step_size: Float(learningRate * correction2.squareRoot() / correction1),
            decay: Float(1 - learningRate * weightDecay), gradient_scale: gradientScale)
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
