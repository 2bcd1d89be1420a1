internal import CMath
public import Tensors

// A layer of a frozen feature encoder: convolution, norm and GELU, tile by tile, so that sums go from the
// product to the next layer's input without leaving the cache, and nothing is kept for a backward pass.

private let tileRows = 128

/// The norm between a convolution and its activation.
public enum FrozenNorm: Sendable {
    /// None.
    case none
    /// Each frame over its channels.
    case layer(weight: Tensor, bias: Tensor, epsilon: Float)
    /// Each channel over the frames of the utterance; in the first layer of wav2vec 2.0 base.
    case group(weight: Tensor, bias: Tensor, epsilon: Float)
}

/// Computes one utterance's next features: GELU(norm(convolution(x))).
///
/// - Parameters:
///   - input: (input frames, I).
///   - weight: (O, taps, I) in memory, of the input's precision.
///   - bias: (1, O), or nil.
///   - norm: None or layer norm; channels have no statistics before all frames are there.
///   - arena: Scratch for one tile per thread. - output: (output frames, O), in the precision of the product
///     that reads it; overwritten.
public func frozenConvolutionForward(
    _ input: Matrix, weight: Matrix, bias: Tensor?, norm: FrozenNorm, kernelSize: Int, stride: Int,
    arena: inout Arena, into output: Matrix
) {
    let window = ConvolutionWindow(input: input, weight: weight, kernelSize: kernelSize, stride: stride)
    forEachTile(of: output, norm: norm, scratchColumns: 0, arena: &arena) { tile, sums, _ in
        for chunk in window.chunks {
            matrixMultiply(
                window.frames(input, from: tile.lowerBound * stride, chunk: chunk),
                window.weights(weight, chunk: chunk, transposed: true), m: tile.count, n: output.columns,
                k: window.width(chunk), bias: chunk == 0 ? bias : nil, adding: chunk > 0, splits: false,
                into: MatrixOperand(sums))
        }
    }
}

/// The first features of one utterance's waveform, in float32 whatever the precision of what follows.
///
/// Group norm is folded into the weights: a channel w · x over all windows x has mean w · E[x] and variance
/// wᵀ Cov[x] w, so two sums over the waveform replace two passes over 512 channels, and any part of the
/// features can be computed separately.
public struct FrozenWaveformConvolution: Sendable {
    private let windows: WaveformWindows
    private let weight: Tensor
    private let bias: Tensor?
    private let norm: FrozenNorm
    private let isCentered: Bool

    /// Reads the waveform, if its statistics are needed and not given.
    ///
    /// - Parameters:
    ///   - samples: (samples, 1).
    ///   - statistics: Statistics of the whole recording if the samples are a part of it; nil if they are all
    ///     of it.
    ///   - weight: (O, taps) in memory.
    ///   - bias: (1, O), or nil.
    ///   - arena: Keeps the folded weights.
    public init(
        samples: Tensor, statistics: WaveformStatistics? = nil, weight: Tensor, bias: Tensor?,
        norm: FrozenNorm, kernelSize: Int, stride: Int, arena: inout Arena
    ) {
        let channels = weight.count / kernelSize
        let weight = weight.reshaped(rows: channels, columns: kernelSize)
        guard case .group(let gain, let offset, let epsilon) = norm else {
            windows = WaveformWindows(samples: samples, statistics: nil, taps: kernelSize, stride: stride)
            (self.weight, self.bias, self.norm, isCentered) = (weight, bias, norm, false)
            return
        }
        windows = WaveformWindows(
            samples: samples, statistics: statistics ?? Self.statistics(samples, kernelSize, stride),
            taps: kernelSize, stride: stride)
        let folded = (arena.tensor(rows: channels, columns: kernelSize), arena.vector(channels))
        windows.fold(weight, gain: gain, offset: offset, epsilon: epsilon, into: folded.0, bias: folded.1)
        (self.weight, self.bias, self.norm, isCentered) = (folded.0, folded.1, .none, true)
    }

    private static func statistics(_ samples: Tensor, _ taps: Int, _ stride: Int) -> WaveformStatistics {
        var moments = WaveformMoments(taps: taps, stride: stride)
        if samples.device == .cpu { moments.add(UnsafeBufferPointer(samples.buffer)) }
        return moments.statistics
    }

    /// Computes the features from a frame on.
    ///
    /// - Parameters:
    ///   - arena: Scratch for one tile a thread.
    ///   - output: (frames, O); overwritten.
    public func forward(from first: Int, arena: inout Arena, into output: Matrix) {
        forEachTile(of: output, norm: norm, scratchColumns: weight.columns, arena: &arena) {
            tile, sums, scratch in
            windows.unroll(
                first + tile.lowerBound..<first + tile.upperBound, centered: isCentered, into: scratch)
            matrixMultiply(
                MatrixOperand(scratch), MatrixOperand(weight, transposed: true), m: tile.count,
                n: sums.columns, k: weight.columns, bias: bias, splits: false, into: MatrixOperand(sums))
        }
    }
}

/// Runs `convolve` for each tile of output frames on a thread's scratch, then the norm and GELU.
private func forEachTile(
    of output: Matrix, norm: FrozenNorm, scratchColumns: Int, arena: inout Arena,
    _ convolve: @Sendable (_ tile: Range<Int>, _ sums: Tensor, _ scratch: Tensor) -> Void
) {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let tiles = (output.rows + tileRows - 1) / tileRows
    let parts = parallelPartCount(tiles, grain: 1)
    let sums = arena.tensor(rows: parts * tileRows, columns: output.columns)
    let scratch = arena.tensor(rows: parts * tileRows, columns: scratchColumns)
    let statistics = arena.tensor(rows: parts * 2, columns: tileRows)
    parallelParts(tiles, grain: 1, on: output.device) { part, range in
        for index in range {
            let tile = index * tileRows..<min((index + 1) * tileRows, output.rows)
            let own = part * tileRows..<part * tileRows + tile.count
            let result = sums.rows(own)
            convolve(tile, result, scratch.rows(own))
            guard output.device == .cpu else { continue }
            normalize(result, norm, statistics: statistics.rows(part * 2..<part * 2 + 2))
            parp_gelu_convert(
                result.pointer, output.address(tile.lowerBound * output.columns), output.precision.element,
                Int64(result.count))
        }
    }
}

private func normalize(_ sums: Tensor, _ norm: FrozenNorm, statistics: Tensor) {
    switch norm {
    case .none: return
    case .group: preconditionFailure("a tile does not know the statistics of a channel")
    case .layer(let weight, let bias, let epsilon):
        let shim = parp_layer_norm(
            weight: weight.pointer, bias: bias.pointer, epsilon: epsilon, mean: statistics.pointer,
            inverse_deviation: statistics.pointer + statistics.columns)
        parp_layer_norm_forward(
            sums.pointer, nil, .none, shim, Int64(sums.rows), Int64(sums.columns), sums.pointer, nil,
            GEMMPrecision.float32.element)
    }
}

/// The windows of a waveform.
private struct WaveformWindows: Sendable {
    let samples: Tensor
    /// Nil if not needed.
    let statistics: WaveformStatistics?
    let taps: Int
    let stride: Int

    /// Copies the windows of a tile, one per row, with the mean sample subtracted if requested, so that
    /// products do not lose precision to it.
    func unroll(_ tile: Range<Int>, centered: Bool, into rows: Tensor) {
        guard rows.device == .cpu else { return }
        let shift = centered ? Float(statistics?.center ?? 0) : 0
        for (row, frame) in tile.enumerated() {
            for tap in 0..<taps { rows[row, tap] = samples[frame * stride + tap] - shift }
        }
    }

    /// Weights and bias that make the normalised channel of a centered window.
    func fold(
        _ weight: Tensor, gain: Tensor, offset: Tensor, epsilon: Float, into folded: Tensor, bias: Tensor
    ) {
        guard folded.device == .cpu, let statistics else { return }
        for channel in 0..<weight.rows {
            var (average, variance) = (0.0, 0.0)
            for i in 0..<taps {
                average += Double(weight[channel, i]) * statistics.mean[i]
                for j in 0..<taps {
                    variance +=
                        Double(weight[channel, i]) * Double(weight[channel, j])
                        * statistics.covariance[i * taps + j]
                }
            }
            let scale = Double(gain[channel]) / (max(0, variance) + Double(epsilon)).squareRoot()
            for i in 0..<taps { folded[channel, i] = Float(Double(weight[channel, i]) * scale) }
            bias[channel] = Float(Double(offset[channel]) - average * scale)
        }
    }
}
