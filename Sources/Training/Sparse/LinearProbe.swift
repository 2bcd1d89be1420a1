package import Kernels
internal import Program
package import Tensors

/// Finds out, on this machine and at once, whether a layer is faster by its kept weights alone than by dense products.
///
/// A few rows of the layer's own weight stand for all, and layers of one shape and about one sparsity for each other:
/// the whole model costs some tens of milliseconds.
package struct LinearProbe {
    /// What a layer's products are computed for.
    package enum Purpose: Sendable {
        /// Forward alone.
        case inference
        /// Forward, backward and the gradient of the kept weights.
        case training

        /// Below this sparsity, sparse products hardly ever win, and probing would only cost.
        ///
        /// For training it is where they win clearly: near the break-even two runs might choose differently, and differ
        /// in their last bits.
        package var leastSparsity: Double { self == .inference ? 0.5 : 0.65 }
    }

    private struct Kind: Hashable {
        let rows: Int
        let columns: Int
        let percentKept: Int
    }

    private let purpose: Purpose
    private var isSparse: [Kind: Bool] = [:]

    /// A probe that has measured nothing.
    package init(_ purpose: Purpose) { self.purpose = purpose }

    /// The fewest weights of a layer that are worth a question.
    private static let leastWeights = 1 << 14
    /// How much faster they must be: what is no clear gain is not worth sums in another order.
    private static let leastGain = 1.05
    /// Rows of the weight, and frames, that stand for all.
    private static let (rows, frames, turns) = (256, 96, 4)

    /// Whether the products of a weight with these kept are faster sparsely.
    package mutating func prefersSparse(_ weight: Tensor, _ kept: KeptWeights) -> Bool {
        guard kept.sparsity >= purpose.leastSparsity, kept.rows * kept.columns >= Self.leastWeights else {
            return false
        }
        let kind = Kind(
            rows: kept.rows, columns: kept.columns,
            percentKept: Int((100 * (1 - kept.sparsity)).rounded(.up)))
        if let known = isSparse[kind] { return known }
        let answer = measure(weight, kept)
        isSparse[kind] = answer
        return answer
    }

    private func measure(_ weight: Tensor, _ kept: KeptWeights) -> Bool {
        let kept = kept.prefix(rows: Self.rows)
        let weight = weight.rows(0..<kept.rows)
        var arena = Arena()
        let sparse = SparseWeight(kept, training: purpose == .training, arena: &arena)
        sparse.gather(weight)
        func zeros(_ rows: Int, _ columns: Int) -> Tensor { arena.zeros(rows: rows, columns: columns) }
        let (input, output) = (zeros(Self.frames, kept.columns), zeros(Self.frames, kept.rows))
        let (dInput, dWeight) = (zeros(Self.frames, kept.columns), zeros(kept.rows, kept.columns))
        let dBias = zeros(1, kept.rows)
        var (denseSeconds, sparseSeconds) = (Double.infinity, Double.infinity)
        for turn in 0...Self.turns {
            let start = monotonicSeconds()
            linearForward(Matrix(input), weight: Matrix(weight), bias: nil, into: Matrix(output))
            if purpose == .training {
                linearBackward(
                    Matrix(output), input: Matrix(input), weight: Matrix(weight), dWeight: dWeight,
                    dBias: dBias, into: Matrix(dInput))
            }
            let middle = monotonicSeconds()
            sparseLinearForward(input, weight: sparse, bias: nil, arena: &arena, into: output)
            if purpose == .training {
                sparseLinearBackward(
                    output, input: input, weight: sparse, dWeight: dWeight, dBias: dBias, arena: &arena,
                    into: dInput)
            }
            let end = monotonicSeconds()
            // The first turn makes the library's product and touches memory.
            guard turn > 0 else { continue }
            denseSeconds = min(denseSeconds, middle - start)
            sparseSeconds = min(sparseSeconds, end - middle)
        }
        return Self.leastGain * sparseSeconds < denseSeconds
    }
}
