import Kernels
import Tensors
import TestSupport
import Testing

struct ConvolutionTests {
    private struct Extents {
        let lengths: [Int]
        let inputSize, outputSize, kernelSize, stride: Int
    }

    private func check(_ golden: [String: Double], _ extents: Extents) {
        var arena = testArena()
        let (kernelSize, stride) = (extents.kernelSize, extents.stride)
        let inputPacking = PackedRows(lengths: extents.lengths)
        let outputPacking = PackedRows(
            lengths: extents.lengths.map {
                convolutionOutputLength($0, kernelSize: kernelSize, stride: stride)
            })
        let input = Operand(
            "dInput", arena.wave(rows: inputPacking.totalRows, columns: extents.inputSize, phase: 0),
            arena: &arena)
        let weight = Operand(
            "dWeight",
            arena.wave(rows: extents.outputSize * kernelSize, columns: extents.inputSize, phase: 1),
            arena: &arena)
        let bias = Operand("dBias", arena.wave(columns: extents.outputSize, phase: 2), arena: &arena)
        let output = arena.unset(rows: outputPacking.totalRows, columns: extents.outputSize)
        let dOutput = arena.wave(rows: output.rows, columns: output.columns, phase: 9)
        checkKernel(
            golden, output: output, cotangent: dOutput, activations: [input], parameters: [weight, bias]
        ) {
            convolutionForward(
                Matrix(input.values), inputPacking: inputPacking, weight: Matrix(weight.values),
                bias: bias.values,
                kernelSize: kernelSize, stride: stride, outputPacking: outputPacking, into: output)
        } backward: {
            convolutionBackward(
                Matrix(dOutput), input: Matrix(input.values), inputPacking: inputPacking,
                weight: Matrix(weight.values),
                kernelSize: kernelSize, stride: stride, outputPacking: outputPacking,
                dWeight: weight.gradient,
                dBias: bias.gradient, into: input.gradient)
        }
    }

    @Test("a waveform's convolution, kernel 10 stride 5, is PyTorch's, with gradients of finite differences")
    func waveform() {
        check(
            GoldenValues.convolutionWaveform,
            Extents(lengths: [23, 41], inputSize: 1, outputSize: 4, kernelSize: 10, stride: 5))
    }

    @Test("overlapping windows, kernel 3 stride 2, are PyTorch's, with gradients of finite differences")
    func overlapping() {
        check(
            GoldenValues.convolutionOverlapping,
            Extents(lengths: [7, 12], inputSize: 3, outputSize: 4, kernelSize: 3, stride: 2))
    }

    @Test("disjoint windows, kernel 2 stride 2, are PyTorch's, with gradients of finite differences")
    func disjoint() {
        check(
            GoldenValues.convolutionDisjoint,
            Extents(lengths: [7, 12], inputSize: 3, outputSize: 4, kernelSize: 2, stride: 2))
    }

    @Test("an utterance alone gives the same bits as packed, and one too short gives no frames")
    func packing() {
        var arena = testArena()
        let (inputPacking, outputPacking) = (
            PackedRows(lengths: [21, 2, 30]), PackedRows(lengths: [10, 0, 14])
        )
        let (input, weight) = (
            arena.wave(rows: 53, columns: 5, phase: 0), arena.wave(rows: 18, columns: 5, phase: 1)
        )
        let (packed, alone) = (arena.unset(rows: 24, columns: 6), arena.unset(rows: 14, columns: 6))
        convolutionForward(
            Matrix(input), inputPacking: inputPacking, weight: Matrix(weight), bias: nil, kernelSize: 3,
            stride: 2,
            outputPacking: outputPacking, into: packed)
        convolutionForward(
            Matrix(input.rows(23..<53)), inputPacking: PackedRows(lengths: [30]), weight: Matrix(weight),
            bias: nil,
            kernelSize: 3,
            stride: 2, outputPacking: PackedRows(lengths: [14]), into: alone)
        expectSameBits([packed.rows(10..<24).array()], [alone.array()])
    }

    @Test("the seven layers of wav2vec 2.0 make 49 frames of a second, and none of 399 samples")
    func outputLength() {
        let layers = [(10, 5), (3, 2), (3, 2), (3, 2), (3, 2), (2, 2), (2, 2)]
        func frames(_ samples: Int) -> Int {
            layers.reduce(samples) { convolutionOutputLength($0, kernelSize: $1.0, stride: $1.1) }
        }
        #expect(frames(16_000) == 49)
        #expect(frames(400) == 1)
        #expect(frames(399) == 0)
        #expect(frames(0) == 0)
    }
}
