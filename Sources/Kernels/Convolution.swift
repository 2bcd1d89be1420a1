internal import CMath
public import Tensors

// Channels-last and without padding: a window of `kernelSize` frames is contiguous in memory, and so are
// `stride` taps of it. Taken `stride` taps at a time, windows of neighbouring outputs do not overlap, which
// makes a convolution ⌈kernelSize / stride⌉ matrix products that read the input where it lies (BLAS refuses
// rows that overlap).

/// The frames a convolution makes of `length` frames: ⌊(length − kernelSize) / stride⌋ + 1, or 0.
public func convolutionOutputLength(_ length: Int, kernelSize: Int, stride: Int) -> Int {
    length < kernelSize ? 0 : (length - kernelSize) / stride + 1
}

/// Convolves each utterance over time.
///
/// - Parameters:
///   - input: (input frames, I), packed.
///   - weight: (O, taps, I) in memory.
///   - bias: (1, O), or nil.
///   - outputPacking: The lengths that `convolutionOutputLength` gives.
///   - output: (output frames, O); overwritten.
public func convolutionForward(
    _ input: Tensor, inputPacking: PackedRows, weight: Tensor, bias: Tensor?, kernelSize: Int, stride: Int,
    outputPacking: PackedRows, into output: Tensor
) {
    let window = ConvolutionWindow(input: input, weight: weight, kernelSize: kernelSize, stride: stride)
    let O = output.columns
    precondition(weight.count == O * window.taps.upperBound * window.inputs, "convolution into \(O) channels")
    if let bias {
        parallelFor(output.rows, grain: 64) { rows in
            for row in rows { output.rows(row..<row + 1).copy(from: bias) }
        }
    }
    for utterance in 0..<inputPacking.count {
        let rows = outputPacking[utterance]
        for chunk in window.chunks {
            matrixMultiply(
                window.frames(input, from: inputPacking[utterance].lowerBound, chunk: chunk),
                window.weights(weight, chunk: chunk, transposed: true), m: rows.count, n: O,
                k: window.width(chunk), beta: bias == nil && chunk == 0 ? 0 : 1,
                into: MatrixOperand(output, offset: rows.lowerBound * O))
        }
    }
}

/// Accumulates dWeight and dBias, and writes dInput.
///
/// - Parameters:
///   - dOutput: (output frames, O).
///   - dWeight: (O, taps, I) in memory; accumulated. nil leaves it out.
///   - dBias: (1, O); accumulated. nil leaves it out.
///   - dInput: (input frames, I); overwritten. nil leaves it out.
public func convolutionBackward(
    _ dOutput: Tensor, input: Tensor, inputPacking: PackedRows, weight: Tensor, kernelSize: Int,
    stride: Int, outputPacking: PackedRows, dWeight: Tensor?, dBias: Tensor?, into dInput: Tensor?
) {
    let window = ConvolutionWindow(input: input, weight: weight, kernelSize: kernelSize, stride: stride)
    let O = dOutput.columns
    if let dBias {
        parp_add_column_sums(dOutput.pointer, Int64(dOutput.rows), Int64(O), dBias.pointer)
    }
    // Frames behind the last window get no gradient, and chunks of taps add up.
    dInput?.fill(0)
    for utterance in 0..<inputPacking.count {
        let rows = outputPacking[utterance]
        let first = inputPacking[utterance].lowerBound
        for chunk in window.chunks {
            let width = window.width(chunk)
            if let dWeight {
                matrixMultiply(
                    MatrixOperand(dOutput, offset: rows.lowerBound * O, transposed: true),
                    window.frames(input, from: first, chunk: chunk), m: O, n: width, k: rows.count, beta: 1,
                    into: window.weights(dWeight, chunk: chunk))
            }
            if let dInput {
                matrixMultiply(
                    MatrixOperand(dOutput, offset: rows.lowerBound * O),
                    window.weights(weight, chunk: chunk), m: rows.count, n: width, k: O, beta: 1,
                    into: window.frames(dInput, from: first, chunk: chunk))
            }
        }
    }
}

/// Where the operands of a convolution's matrix products lie.
private struct ConvolutionWindow {
    let inputs: Int
    let taps: Range<Int>
    let stride: Int

    init(input: Tensor, weight: Tensor, kernelSize: Int, stride: Int) {
        precondition(
            weight.columns == input.columns && weight.rows % kernelSize == 0,
            "a kernel of \(kernelSize) taps by \(input.columns) channels, not \(weight.rows)×\(weight.columns)"
        )
        inputs = input.columns
        taps = 0..<kernelSize
        self.stride = stride
    }

    var chunks: Range<Int> { 0..<(taps.count + stride - 1) / stride }

    /// The columns of a chunk: its taps times the channels.
    func width(_ chunk: Int) -> Int { min(stride, taps.count - chunk * stride) * inputs }

    func frames(_ tensor: Tensor, from first: Int, chunk: Int) -> MatrixOperand {
        MatrixOperand(tensor, offset: (first + chunk * stride) * inputs, stride: stride * inputs)
    }

    func weights(_ tensor: Tensor, chunk: Int, transposed: Bool = false) -> MatrixOperand {
        MatrixOperand(
            tensor, offset: chunk * stride * inputs, stride: taps.count * inputs, transposed: transposed)
    }
}
