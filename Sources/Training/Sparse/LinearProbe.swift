package import Kernels
package import Tensors

/// Measures, on this machine, whether a layer is faster with only its kept weights than with dense products,
/// for few frames and for many.
///
/// A few rows of the layer's weight represent all, and layers of one shape represent each other: if many kept
/// weights are fast, fewer are too. The whole model takes some tenths of a second at most.
package struct LinearProbe: Sendable, Codable, Equatable {
    /// The purpose of a layer's products.
    package enum Purpose: Sendable, Codable, Equatable {
        /// Only forward.
        case inference
        /// Forward, backward and these gradients of the weights.
        case training(SparseGradients)

        /// Below this sparsity, sparse products hardly ever win, and probing would waste time.
        ///
        /// For training it is where they win clearly: near break-even two runs might choose differently, and
        /// so differ in their last bits.
        package var leastSparsity: Double { self == .inference ? 0.5 : 0.65 }
    }

    /// What is known about layers of one shape, in percent of their weights.
    private struct Known: Sendable, Codable, Equatable {
        let purpose: Purpose
        let rows: Int
        let columns: Int
        /// Sparse products win if no more are kept.
        var sparse = -1
        /// Dense ones win if no fewer are kept.
        var dense = 101
    }

    private var known: [Known] = []

    /// A probe that has measured nothing.
    package init() {}

    /// The fewest weights of a layer worth probing.
    private static let leastWeights = 1 << 14
    /// The least speed-up: without a clear gain another order of summation is not worth it.
    private static let leastGain = 1.05
    /// Numbers of frames that must all be faster: a recording of a second, and a batch.
    private static let frames = [64, 320]
    /// Rows of the weight that represent all.
    private static let rows = 256
    /// Turns, of which the fastest counts.
    private static let turns = 3

    /// Whether a weight's products with these kept elements are faster sparse.
    package mutating func prefersSparse(
        _ weight: Tensor, _ kept: KeptWeights, for purpose: Purpose
    ) -> Bool {
        guard kept.sparsity >= purpose.leastSparsity, kept.rows * kept.columns >= Self.leastWeights else {
            return false
        }
        let place =
            known.firstIndex { ($0.purpose, $0.rows, $0.columns) == (purpose, kept.rows, kept.columns) }
            ?? known.endIndex
        if place == known.endIndex {
            known.append(Known(purpose: purpose, rows: kept.rows, columns: kept.columns))
        }
        let percent = Int((100 * (1 - kept.sparsity)).rounded(.up))
        if percent > known[place].sparse && percent < known[place].dense {
            let kept = kept.prefix(rows: Self.rows)
            var products = ComparedProducts(
                weight.rows(0..<kept.rows), kept, purpose: purpose)
            let wins = Self.frames.allSatisfy {
                let seconds = products.seconds(frames: $0, turns: Self.turns)
                return Self.leastGain * seconds.sparse < seconds.dense
            }
            if wins { known[place].sparse = percent } else { known[place].dense = percent }
        }
        return percent <= known[place].sparse
    }

    /// The seconds of an update's products with a random mask; nil if the sparsity is too low to probe.
    static func updateSeconds(_ shape: Shape, sparsity: Double, frames: Int) -> Double? {
        guard sparsity >= Purpose.training(.kept).leastSparsity, shape.count >= leastWeights else {
            return nil
        }
        var arena = Arena()
        let weight = arena.zeros(rows: shape.rows, columns: shape.columns)
        let draw = CountedRandom(seed: 1, stream: .randomMask)
        for index in 0..<weight.count where draw.uniform(at: UInt64(index)) >= sparsity { weight[index] = 1 }
        var products = ComparedProducts(weight, KeptWeights(nonzeroOf: weight), purpose: .training(.kept))
        return products.seconds(frames: frames, turns: turns).sparse
    }
}

/// One weight's products, dense and sparse.
private struct ComparedProducts: ~Copyable {
    private var arena = Arena()
    private let weight: Tensor
    private let sparse: SparseWeight
    private let purpose: LinearProbe.Purpose

    init(_ weight: Tensor, _ kept: KeptWeights, purpose: LinearProbe.Purpose) {
        self.weight = weight
        self.purpose = purpose
        sparse = SparseWeight(kept, training: purpose != .inference, arena: &arena)
        sparse.gather(weight)
    }

    /// The seconds of the fastest of several turns.
    mutating func seconds(frames: Int, turns: Int) -> (dense: Double, sparse: Double) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let (inputs, outputs) = (weight.columns, weight.rows)
        let (input, output) = (
            arena.zeros(rows: frames, columns: inputs), arena.zeros(rows: frames, columns: outputs)
        )
        let dInput = arena.zeros(rows: frames, columns: inputs)
        let dWeight = arena.zeros(rows: outputs, columns: inputs)
        let dBias = arena.zeros(rows: 1, columns: outputs)
        let layer = SparseLayer(weight: sparse, bias: nil, output: output)
        let gradient = SparseLayerGradient(weight: sparse, dOutput: output, dWeight: dWeight, dBias: dBias)
        var (denseSeconds, sparseSeconds) = (Double.infinity, Double.infinity)
        for turn in 0...turns {
            let start = processorSeconds()
            linearForward(Matrix(input), weight: Matrix(weight), bias: nil, into: Matrix(output))
            if purpose != .inference {
                linearBackward(
                    Matrix(output), input: Matrix(input), weight: Matrix(weight), dWeight: dWeight,
                    dBias: dBias, into: Matrix(dInput))
            }
            let middle = processorSeconds()
            sparseLinearForward(input, layers: [layer], arena: &arena)
            if purpose != .inference {
                let hasAll = purpose == .training(.all)
                if hasAll {
                    linearBackward(
                        Matrix(output), input: Matrix(input), weight: Matrix(weight), dWeight: dWeight,
                        dBias: dBias, into: nil)
                }
                sparseLinearBackward([gradient], input: hasAll ? nil : input, arena: &arena, into: dInput)
            }
            let end = processorSeconds()
            // The first turn compiles the library's product and touches memory.
            guard turn > 0 else { continue }
            denseSeconds = min(denseSeconds, middle - start)
            sparseSeconds = min(sparseSeconds, end - middle)
        }
        return (denseSeconds, sparseSeconds)
    }
}
