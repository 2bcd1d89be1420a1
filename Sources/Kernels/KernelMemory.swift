public import Tensors

// What kernels take of an arena while they run: each function stands for the allocations of the kernel of that name.

/// Frames of a tile of a frozen convolution.
private let frozenTileRows = 128

extension ArenaPlan {
    /// The scratch of `attentionForward` or `attentionBackward` for utterances of at most `longest` frames.
    public mutating func attention(longest: Int, headCount: Int, headSize: Int, isBackward: Bool) {
        scoped { plan in
            plan.tensor(
                rows: parallelPartCount(headCount, grain: 1),
                columns: attentionScratch(longest: longest, headSize: headSize, isBackward: isBackward))
        }
    }

    /// The scratch of `positionalConvolutionForward`.
    public mutating func positionalForward(_ shape: PositionalExtents) {
        scoped { $0.positionalScratch(shape) }
    }

    /// The scratch of `positionalConvolutionBackward`, all gradients asked for.
    public mutating func positionalBackward(_ shape: PositionalExtents) {
        scoped { plan in
            plan.scoped { plan in
                plan.positionalScratch(shape)
                plan.matrix(rows: shape.frames, columns: shape.channels, precision: shape.precision)
            }
            plan.matrix(rows: 1, columns: shape.weightCount, precision: shape.precision)
            plan.scoped { $0.positionalScratch(shape) }
        }
    }

    private mutating func positionalScratch(_ shape: PositionalExtents) {
        let parts = parallelPartCount(shape.groups, grain: 1)
        let size = shape.channels / shape.groups
        let taps = positionalStripTaps(kernelSize: shape.kernelSize, groupSize: size)
        for width in [size, taps * size] {
            matrix(
                rows: parts, columns: (shape.longest + shape.kernelSize) * width, precision: shape.precision)
        }
    }

    /// The scratch of one frozen convolution into (frames, channels).
    ///
    /// - Parameters:
    ///   - waveformTaps: Taps that read the waveform, as the first convolution's do; 0 for the others.
    ///   - foldsGroupNorm: Whether a group norm is folded into the weights.
    public mutating func frozenConvolution(
        frames: Int, channels: Int, waveformTaps: Int, foldsGroupNorm: Bool
    ) {
        scoped { plan in
            if foldsGroupNorm {
                plan.tensor(rows: channels, columns: waveformTaps)
                plan.vector(channels)
            }
            let parts = parallelPartCount((frames + frozenTileRows - 1) / frozenTileRows, grain: 1)
            plan.tensor(rows: parts * frozenTileRows, columns: channels)
            plan.tensor(rows: parts * frozenTileRows, columns: waveformTaps)
            plan.tensor(rows: parts * 2, columns: frozenTileRows)
        }
    }

    /// The scratch of `ctcLoss` for one utterance, its gradient included.
    public mutating func ctc(frames: Int, vocabulary: Int, labels: Int) {
        let states = 2 * labels + 1
        scoped { plan in
            plan.tensor(rows: frames, columns: vocabulary)
            plan.tensor(rows: frames, columns: states)
            for _ in 0..<3 { plan.vector(states) }
        }
    }

    /// The scratch of `contrastiveLoss` for one utterance of so many masked frames, its gradient included.
    public mutating func contrastiveLoss(frames: Int, columns: Int, negatives: Int) {
        scoped { plan in
            for _ in 0..<2 {
                plan.tensor(rows: frames, columns: columns)
                plan.vector(frames)
            }
            for _ in 0..<2 { plan.tensor(rows: frames, columns: frames) }
            plan.vector(negatives + 1)
        }
    }

    /// The scratch of `codebookDiversity` for logits of all groups' entries.
    public mutating func codebookDiversity(frames: Int, entries: Int) {
        scoped { plan in
            plan.tensor(rows: frames, columns: entries)
            plan.vector(entries)
        }
    }
}

/// The extents of a positional convolution over packed utterances.
public struct PositionalExtents: Sendable {
    let frames: Int
    let longest: Int
    let channels: Int
    let groups: Int
    let kernelSize: Int
    let precision: GEMMPrecision

    /// The extents of a convolution over `frames` in all, of which an utterance has at most `longest`.
    public init(
        frames: Int, longest: Int, channels: Int, groups: Int, kernelSize: Int, precision: GEMMPrecision
    ) {
        self.frames = frames
        self.longest = longest
        self.channels = channels
        self.groups = groups
        self.kernelSize = kernelSize
        self.precision = precision
    }

    /// The number of weights.
    public var weightCount: Int { channels * kernelSize * (channels / groups) }
}
