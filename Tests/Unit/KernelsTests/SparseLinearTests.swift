import Kernels
import Tensors
import TestSupport
import Testing

/// What another order of adding up to a few hundred products of size 1 changes, relative to their sum's size.
private let reordered: Float = 1e-5

struct SparseLinearTests {
    /// Extents that fit no vector, no panel and no block, and one that fits all.
    static let extents = [(1, 5, 3), (17, 130, 20), (97, 300, 33), (150, 257, 129), (192, 256, 64)]

    /// A layer whose weight has about so many zeros, and a row and a column of nothing else.
    private struct Layer {
        let weight: Tensor
        let bias: Tensor
        let input: Tensor
        let dOutput: Tensor
        let kept: KeptWeights

        init(_ extents: (frames: Int, inputs: Int, outputs: Int), sparsity: Double, arena: inout Arena) {
            weight = arena.wave(rows: extents.outputs, columns: extents.inputs, phase: 1)
            let random = CountedRandom(seed: 4, stream: .pretraining)
            for index in 0..<weight.count {
                let isEmpty = index / extents.inputs == 1 || index % extents.inputs == 2
                if isEmpty || random.uniform(at: UInt64(index)) < sparsity { weight[index] = 0 }
            }
            bias = arena.wave(columns: extents.outputs, phase: 2)
            input = arena.wave(rows: extents.frames, columns: extents.inputs, phase: 0)
            dOutput = arena.wave(rows: extents.frames, columns: extents.outputs, phase: 3)
            kept = KeptWeights(nonzeroOf: weight)
        }

        func gradient(_ sparse: SparseWeight, dWeight: Tensor, dBias: Tensor) -> SparseLayerGradient {
            SparseLayerGradient(weight: sparse, dOutput: dOutput, dWeight: dWeight, dBias: dBias)
        }
    }

    @Test("they are the dense products of the same weight", arguments: extents, [0, 0.5, 0.9, 1])
    func products(extents: (Int, Int, Int), sparsity: Double) {
        var arena = testArena()
        let layer = Layer(extents, sparsity: sparsity, arena: &arena)
        let (frames, inputs, outputs) = extents
        let sparse = SparseWeight(layer.kept, training: true, arena: &arena)
        sparse.gather(layer.weight)
        let (dense, found) = (
            arena.unset(rows: frames, columns: outputs), arena.unset(rows: frames, columns: outputs)
        )
        linearForward(
            Matrix(layer.input), weight: Matrix(layer.weight), bias: layer.bias, into: Matrix(dense))
        sparseLinearForward(
            layer.input, layers: [SparseLayer(weight: sparse, bias: layer.bias, output: found)], arena: &arena
        )
        expectClose(found, dense)

        let (dDense, dFound) = (
            arena.wave(rows: frames, columns: inputs, phase: 5),
            arena.wave(rows: frames, columns: inputs, phase: 5)
        )
        let gradients = (0..<2).map { _ in arena.wave(rows: outputs, columns: inputs, phase: 6) }
        let biases = (0..<2).map { _ in arena.wave(columns: outputs, phase: 7) }
        linearBackward(
            Matrix(layer.dOutput), input: Matrix(layer.input), weight: Matrix(layer.weight),
            dWeight: gradients[0], dBias: biases[0], adding: true, into: Matrix(dDense))
        sparseLinearBackward(
            [layer.gradient(sparse, dWeight: gradients[1], dBias: biases[1])], input: layer.input,
            adding: true,
            arena: &arena, into: dFound)
        expectClose(dFound, dDense)
        expectSameBits(biases[1].array(), biases[0].array())
        let before = wave(outputs * inputs, phase: 6)
        for index in before.indices where layer.weight[index] == 0 {
            gradients[0][index] = before[index]
        }
        expectClose(gradients[1], gradients[0])
    }

    private func expectClose(_ found: Tensor, _ expected: Tensor) {
        let size = expected.array().reduce(1) { max($0, abs($1)) }
        #expect(largestDifference(found.array(), expected.array()) <= reordered * size)
    }

    @Test("layers that read the same input give what each gives alone, and the sum of its gradients")
    func sharedInput() {
        var arena = testArena()
        let extents = (frames: 53, inputs: 140, outputs: 70)
        let layers = (0..<3).map { Layer(extents, sparsity: 0.4 + 0.2 * Double($0), arena: &arena) }
        let sparse = layers.map { SparseWeight($0.kept, training: true, arena: &arena) }
        for (layer, weight) in zip(layers, sparse) { weight.gather(layer.weight) }
        let input = layers[0].input
        func outputs() -> [Tensor] { layers.map { _ in arena.unset(rows: 53, columns: 70) } }
        let (alone, together) = (outputs(), outputs())
        let aloneGradients = layers.map { _ in arena.wave(rows: 70, columns: 140, phase: 6) }
        let gradients = layers.map { _ in arena.wave(rows: 70, columns: 140, phase: 6) }
        let dBias = arena.zeros(rows: 1, columns: 70)
        let (dAlone, dTogether) = (
            arena.wave(rows: 53, columns: 140, phase: 5), arena.wave(rows: 53, columns: 140, phase: 5)
        )
        for (index, layer) in layers.enumerated() {
            sparseLinearForward(
                input, layers: [SparseLayer(weight: sparse[index], bias: layer.bias, output: alone[index])],
                arena: &arena)
            sparseLinearBackward(
                [layer.gradient(sparse[index], dWeight: aloneGradients[index], dBias: dBias)], input: input,
                adding: true, arena: &arena, into: dAlone)
        }
        sparseLinearForward(
            input,
            layers: layers.indices.map {
                SparseLayer(weight: sparse[$0], bias: layers[$0].bias, output: together[$0])
            }, arena: &arena)
        sparseLinearBackward(
            layers.indices.map { layers[$0].gradient(sparse[$0], dWeight: gradients[$0], dBias: dBias) },
            input: input, adding: true, arena: &arena, into: dTogether)
        for index in layers.indices {
            expectSameBits(together[index].array(), alone[index].array())
            expectSameBits(gradients[index].array(), aloneGradients[index].array())
        }
        // Summed before they are added to what is there, not one by one.
        expectClose(dTogether, dAlone)
    }

    @Test("gradients are those of differences")
    func gradients() {
        var arena = testArena()
        let layer = Layer((33, 140, 19), sparsity: 0.7, arena: &arena)
        let sparse = SparseWeight(layer.kept, training: true, arena: &arena)
        let output = arena.unset(rows: 33, columns: 19)
        let dInput = arena.unset(rows: 33, columns: 140)
        let (dWeight, dBias) = (arena.zeros(rows: 19, columns: 140), arena.zeros(rows: 1, columns: 19))
        sparse.gather(layer.weight)
        sparseLinearBackward(
            [layer.gradient(sparse, dWeight: dWeight, dBias: dBias)], input: layer.input, arena: &arena,
            into: dInput)
        var scratch = testArena()
        func loss() -> Double {
            sparse.gather(layer.weight)
            sparseLinearForward(
                layer.input, layers: [SparseLayer(weight: sparse, bias: layer.bias, output: output)],
                arena: &scratch)
            return weightedSum(output, layer.dOutput)
        }
        // Differences move pruned weights, too, which no sparse product reads: their gradient is 0.
        for (gradient, values) in [(dInput, layer.input), (dWeight, layer.weight), (dBias, layer.bias)] {
            let comparison = compareGradient(gradient, of: values, loss: loss)
            #expect(comparison.relativeError() < gradientTolerance, "\(comparison)")
        }
    }

    @Test("a frame's numbers do not depend on the frames beside it, nor on threads")
    func packing() {
        var arena = testArena()
        let layer = Layer((203, 150, 70), sparsity: 0.8, arena: &arena)
        let sparse = SparseWeight(layer.kept, training: false, arena: &arena)
        sparse.gather(layer.weight)
        func forward(_ frames: Range<Int>) -> [Float] {
            var scratch = testArena()
            let output = scratch.unset(rows: frames.count, columns: 70)
            sparseLinearForward(
                layer.input.rows(frames),
                layers: [SparseLayer(weight: sparse, bias: layer.bias, output: output)], arena: &scratch)
            return output.array()
        }
        let (one, three) = withOneAndThreeThreads { forward(0..<203) }
        expectSameBits(one, three)
        for frames in [0..<1, 20..<37, 100..<203] {
            expectSameBits(forward(frames), Array(one[frames.lowerBound * 70..<frames.upperBound * 70]))
        }
    }

    @Test("kept weights are read from a flat mask at any bit")
    func masks() {
        let bits: [UInt64] = [0b1011 << 60, 0b110, .max]
        let kept = KeptWeights(words: bits, firstBit: 61, rows: 2, columns: 4)
        // Bits 61 to 68: 1, 0, 1, then 0, 1, 1, 0, 0.
        #expect(kept.count == 4)
        #expect(kept.sparsity == 0.5)
        var arena = testArena()
        let dense = arena.wave(rows: 2, columns: 4, phase: 1)
        let matrix = SparseMatrix(kept, transposed: false, arena: &arena)
        matrix.gather(dense)
        #expect(matrix.values.array() == [0, 2, 4, 5].map { dense[$0] })
        let transposed = SparseMatrix(kept, transposed: true, arena: &arena)
        transposed.gather(dense)
        #expect(transposed.values.array() == [0, 4, 5, 2].map { dense[$0] })
        #expect(kept.prefix(rows: 1).count == 2)
    }
}
