internal import CMath
public import Tensors

// Channels-last and without padding: a window of `kernelSize` frames is contiguous in memory, and so are
// `stride` taps of it. Taken `stride` taps at a time, windows of neighbouring outputs do not overlap, which
// makes a convolution ⌈kernelSize / stride⌉ matrix products that read the input in place (libraries refuse
// rows that overlap).

/// The number of frames that a convolution makes from `length` frames: ⌊(length − kernelSize) / stride⌋ + 1,
/// or 0.
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
    _ input: Matrix, inputPacking: PackedRows, weight: Matrix, bias: Tensor?, kernelSize: Int, stride: Int,
    outputPacking: PackedRows, into output: Tensor
) {
    let window = ConvolutionWindow(input: input, weight: weight, kernelSize: kernelSize, stride: stride)
    let O = output.columns
    precondition(weight.count == O * window.taps.upperBound * window.inputs, "convolution into \(O) channels")
    for utterance in 0..<inputPacking.count {
        let rows = outputPacking[utterance]
        for chunk in window.chunks {
            matrixMultiply(
                window.frames(input, from: inputPacking[utterance].lowerBound, chunk: chunk),
                window.weights(weight, chunk: chunk, transposed: true), m: rows.count, n: O,
                k: window.width(chunk), bias: chunk == 0 ? bias : nil, adding: chunk > 0,
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
    _ dOutput: Matrix, input: Matrix, inputPacking: PackedRows, weight: Matrix, kernelSize: Int,
    stride: Int, outputPacking: PackedRows, dWeight: Tensor?, dBias: Tensor?, into dInput: Tensor?
) {
    let window = ConvolutionWindow(input: input, weight: weight, kernelSize: kernelSize, stride: stride)
    let O = dOutput.columns
    if let dBias { addColumnSums(of: dOutput, into: dBias) }
    // Frames after the last window get no gradient, and chunks of taps add up.
    dInput?.fill(0)
    for utterance in 0..<inputPacking.count {
        let rows = outputPacking[utterance]
        let first = inputPacking[utterance].lowerBound
        for chunk in window.chunks {
            let width = window.width(chunk)
            if let dWeight {
                matrixMultiply(
                    MatrixOperand(dOutput, offset: rows.lowerBound * O, transposed: true),
                    window.frames(input, from: first, chunk: chunk), m: O, n: width, k: rows.count,
                    adding: true, into: window.weights(Matrix(dWeight), chunk: chunk))
            }
            if let dInput {
                matrixMultiply(
                    MatrixOperand(dOutput, offset: rows.lowerBound * O),
                    window.weights(weight, chunk: chunk), m: rows.count, n: width, k: O, adding: true,
                    into: window.frames(Matrix(dInput), from: first, chunk: chunk))
            }
        }
    }
}

/// The location of the operands of a convolution's matrix products.
struct ConvolutionWindow: Sendable {
    let inputs: Int
    let taps: Range<Int>
    let stride: Int

    init(input: Matrix, weight: Matrix, kernelSize: Int, stride: Int) {
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

    func frames(_ matrix: Matrix, from first: Int, chunk: Int) -> MatrixOperand {
        MatrixOperand(matrix, offset: (first + chunk * stride) * inputs, stride: stride * inputs)
    }

    func weights(_ matrix: Matrix, chunk: Int, transposed: Bool = false) -> MatrixOperand {
        MatrixOperand(
            matrix, offset: chunk * stride * inputs, stride: taps.count * inputs, transposed: transposed)
    }
}
