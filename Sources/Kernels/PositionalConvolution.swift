internal import CMath
public import Tensors

// H: channels. G: groups. D = H / G: channels of a group. K: taps. F: frames of one utterance.
// A group's frames, padded, are copied into strips: row t holds the S frames from t on, side by side. The S taps from
// s on then multiply the strips from row s on, so that K / S matrix products, each adding to the previous
// one, make up the convolution. Strips are S times as large as the frames, not K times, and those of a tile
// stay in cache.

/// Output frames per tile.
private let tileRows = 256
/// The target size of a strip: large enough for fast products, small enough for a tile's strips to stay in
/// cache.
private let stripLength = 256

/// The taps of a strip: as many as divide all taps evenly.
func positionalStripTaps(kernelSize: Int, groupSize: Int) -> Int {
    (1...kernelSize).last { kernelSize % $0 == 0 && $0 * groupSize <= stripLength } ?? 1
}

/// Convolves each utterance with as many output frames as input frames: padding K / 2 on both sides, and an
/// even kernel's surplus last frame is dropped (Baevski et al., 2020, section 2; fairseq's `SamePad`).
///
/// - Parameters:
///   - input: (T, H), packed.
///   - weight: (H, K, D) in memory; its precision is that of the products.
///   - bias: (1, H).
///   - arena: Scratch for one group's frames and strips per thread.
///   - output: (T, H); overwritten.
public func positionalConvolutionForward(
    _ input: Tensor, packing: PackedRows, weight: Matrix, bias: Tensor, kernelSize: Int, groups: Int,
    arena: inout Arena, into output: Tensor
) {
    let shape = PositionalShape(
        channels: input.columns, groups: groups, kernelSize: kernelSize, padding: kernelSize / 2)
    slide(input, packing, weight: weight, bias: bias, shape, arena: &arena, into: output)
}

/// Accumulates dWeight and dBias, and writes dInput.
///
/// The gradient of the input is a convolution of dOutput with the taps reversed and padded on the other side.
///
/// - Parameters:
///   - dOutput: (T, H).
///   - arena: Scratch as in forward, and also for dOutput and the weights.
///   - dWeight: (H, K, D) in memory; accumulated. nil leaves it out.
///   - dBias: (1, H); accumulated. nil leaves it out.
///   - dInput: (T, H); overwritten. nil leaves it out.
public func positionalConvolutionBackward(
    _ dOutput: Tensor, input: Tensor, packing: PackedRows, weight: Matrix, kernelSize: Int, groups: Int,
    arena: inout Arena, dWeight: Tensor?, dBias: Tensor?, into dInput: Tensor?
) {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let shape = PositionalShape(
        channels: input.columns, groups: groups, kernelSize: kernelSize, padding: kernelSize / 2)
    if let dBias { addColumnSums(of: Matrix(dOutput), into: dBias) }
    if let dWeight {
        accumulate(dWeight, dOutput, input, packing, shape, weight.precision, arena: &arena)
    }
    guard let dInput else { return }
    let flipped = arena.matrix(rows: weight.rows, columns: weight.columns, precision: weight.precision)
    flip(weight, shape, into: flipped)
    var mirrored = shape
    mirrored.padding = kernelSize - 1 - shape.padding
    slide(dOutput, packing, weight: flipped, bias: nil, mirrored, arena: &arena, into: dInput)
}

/// Turns each group's weights into those that carry gradients back.
private func flip(_ weight: Matrix, _ shape: PositionalShape, into flipped: Matrix) {
    guard flipped.device == .cpu else { return }
    let block = shape.size * shape.kernelSize * shape.size
    parallelFor(shape.groups, grain: 1) { range in
        for group in range {
            parp_flip_taps(
                weight.address(group * block), flipped.address(group * block), weight.precision.element,
                Int64(shape.kernelSize), Int64(shape.size))
        }
    }
}

/// Slides each group's weights over its frames.
private func slide(
    _ input: Tensor, _ packing: PackedRows, weight: Matrix, bias: Tensor?, _ shape: PositionalShape,
    arena: inout Arena, into output: Tensor
) {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let scratch = PositionalScratch(shape, packing, weight.precision, arena: &arena)
    let D = shape.size
    for utterance in 0..<packing.count {
        let rows = packing[utterance]
        parallelParts(shape.groups, grain: 1, on: input.device) { part, groups in
            for group in groups {
                scratch.load(part, input, rows: rows, group: group)
                for tile in shape.tiles(rows.count) {
                    for tap in shape.firstTaps {
                        matrixMultiply(
                            scratch.strips(part, from: tile.lowerBound + tap),
                            shape.weights(weight, group, tap, transposed: true), m: tile.count, n: D,
                            k: shape.stripSize,
                            bias: tap == 0 ? bias?.elements(group * D..<(group + 1) * D) : nil,
                            adding: tap > 0, splits: false,
                            into: shape.frames(Matrix(output), rows, tile, group))
                    }
                }
            }
        }
    }
}

/// Adds the gradient of the weights.
private func accumulate(
    _ dWeight: Tensor, _ dOutput: Tensor, _ input: Tensor, _ packing: PackedRows, _ shape: PositionalShape,
    _ precision: GEMMPrecision, arena: inout Arena
) {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let scratch = PositionalScratch(shape, packing, precision, arena: &arena)
    let gradient = byGroup(dOutput, shape, precision, arena: &arena)
    for utterance in 0..<packing.count {
        let rows = packing[utterance]
        parallelParts(shape.groups, grain: 1, on: input.device) { part, groups in
            for group in groups {
                scratch.load(part, input, rows: rows, group: group)
                for tile in shape.tiles(rows.count) {
                    for tap in shape.firstTaps {
                        matrixMultiply(
                            shape.groupFrames(gradient, rows, tile, group),
                            scratch.strips(part, from: tile.lowerBound + tap), m: shape.size,
                            n: shape.stripSize, k: tile.count, adding: true, splits: false,
                            into: shape.weights(Matrix(dWeight), group, tap))
                    }
                }
            }
        }
    }
}

/// Copies the frames of each group side by side in memory, (G · T, D): products read them once for each run of taps.
private func byGroup(
    _ frames: Tensor, _ shape: PositionalShape, _ precision: GEMMPrecision, arena: inout Arena
) -> Matrix {
    let (T, D) = (frames.rows, shape.size)
    let copy = arena.matrix(rows: shape.groups * T, columns: D, precision: precision)
    guard copy.device == .cpu else { return copy }
    parallelFor(shape.groups, grain: 1) { groups in
        for group in groups {
            for row in 0..<T {
                parp_convert(
                    frames.pointer + row * shape.channels + group * D, copy.address((group * T + row) * D),
                    precision.element, Int64(D))
            }
        }
    }
    return copy
}

/// The sizes of the convolution.
private struct PositionalShape: Sendable {
    let channels: Int
    let groups: Int
    let size: Int
    let kernelSize: Int
    let stripTaps: Int
    var padding: Int

    init(channels: Int, groups: Int, kernelSize: Int, padding: Int) {
        precondition(channels % groups == 0, "\(channels) channels in \(groups) groups")
        self.channels = channels
        self.groups = groups
        size = channels / groups
        self.kernelSize = kernelSize
        stripTaps = positionalStripTaps(kernelSize: kernelSize, groupSize: size)
        self.padding = padding
    }

    /// Numbers of a strip.
    var stripSize: Int { stripTaps * size }

    /// The first tap of each run of taps that are multiplied at once.
    var firstTaps: StrideTo<Int> { stride(from: 0, to: kernelSize, by: stripTaps) }

    func tiles(_ frames: Int) -> [Range<Int>] {
        stride(from: 0, to: frames, by: tileRows).map { $0..<min($0 + tileRows, frames) }
    }

    /// A group's weights (D, S · D) of the taps from `tap` on.
    func weights(_ weight: Matrix, _ group: Int, _ tap: Int, transposed: Bool = false) -> MatrixOperand {
        let width = kernelSize * size
        return MatrixOperand(
            weight, offset: group * size * width + tap * size, stride: width, transposed: transposed)
    }

    /// A group's columns of a tile of an utterance's rows.
    func frames(_ matrix: Matrix, _ rows: Range<Int>, _ tile: Range<Int>, _ group: Int) -> MatrixOperand {
        MatrixOperand(
            matrix, offset: (rows.lowerBound + tile.lowerBound) * channels + group * size, stride: channels)
    }

    /// A tile of a group's frames, copied by group, as its transpose.
    func groupFrames(_ copy: Matrix, _ rows: Range<Int>, _ tile: Range<Int>, _ group: Int) -> MatrixOperand {
        let first = group * (copy.rows / groups) + rows.lowerBound + tile.lowerBound
        return MatrixOperand(copy, offset: first * size, transposed: true)
    }
}

/// One group's padded frames, and its strips, for each thread.
private struct PositionalScratch: Sendable {
    private let shape: PositionalShape
    private let padded: Matrix
    private let strips: Matrix

    init(
        _ shape: PositionalShape, _ packing: PackedRows, _ precision: GEMMPrecision, arena: inout Arena
    ) {
        self.shape = shape
        let parts = parallelPartCount(shape.groups, grain: 1)
        let frames = packing.longest + shape.kernelSize
        padded = arena.matrix(rows: parts, columns: frames * shape.size, precision: precision)
        strips = arena.matrix(rows: parts, columns: frames * shape.stripSize, precision: precision)
    }

    /// Copies a group's frames between zeros, and those into strips.
    func load(_ part: Int, _ input: Tensor, rows: Range<Int>, group: Int) {
        guard padded.device == .cpu else { return }
        let (size, target) = (shape.size, padded.rows(part..<part + 1))
        func piece(_ frame: Int, _ count: Int) -> Matrix {
            Matrix(
                target.address(frame * size), rows: count, columns: size, precision: target.precision)
        }
        piece(0, shape.padding).clear()
        for row in 0..<rows.count {
            let from = input.pointer + (rows.lowerBound + row) * shape.channels + group * size
            parp_convert(
                from, target.address((shape.padding + row) * size), target.precision.element, Int64(size))
        }
        piece(shape.padding + rows.count, shape.kernelSize - shape.padding).clear()
        let (strip, own) = (shape.stripSize, strips.rows(part..<part + 1))
        for row in 0..<rows.count + shape.kernelSize - shape.stripTaps {
            own.address(row * strip).copyMemory(
                from: target.address(row * size), byteCount: strip * target.precision.bytes)
        }
    }

    /// The strips from a row on.
    func strips(_ part: Int, from row: Int) -> MatrixOperand {
        MatrixOperand(
            strips.rows(part..<part + 1), offset: row * shape.stripSize, stride: shape.stripSize)
    }
}
