internal import CMath
public import Tensors

// H: channels. G: groups. D = H / G: channels of a group. K: taps. F: frames of one utterance.
// A group's frames, padded, are copied side by side; a window of K frames is then one run of K · D numbers, and
// a tile of windows times the group's weights is one matrix product. The tile stays in cache.

let positionalTileRows = 64

/// Convolves each utterance with as many output frames as input frames: padding K / 2 on both sides, and of an
/// even kernel's one frame too many the last is dropped (Baevski et al., 2020, section 2; fairseq's `SamePad`).
///
/// - Parameters:
///   - input: (T, H), packed.
///   - weight: (H, K, D) in memory; its precision is that of the products.
///   - bias: (1, H).
///   - arena: Scratch for one padded group and one tile a thread.
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
///   - arena: Scratch as in forward, and for dOutput and the weights once more.
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
    let block = shape.size * kernelSize * shape.size
    parallelFor(groups, grain: 1) { range in
        for group in range {
            parp_flip_taps(
                weight.address(group * block), flipped.address(group * block), weight.precision.element,
                Int64(kernelSize), Int64(shape.size))
        }
    }
    var mirrored = shape
    mirrored.padding = kernelSize - 1 - shape.padding
    slide(dOutput, packing, weight: flipped, bias: nil, mirrored, arena: &arena, into: dInput)
}

/// Slides each group's weights over its frames.
private func slide(
    _ input: Tensor, _ packing: PackedRows, weight: Matrix, bias: Tensor?, _ shape: PositionalShape,
    arena: inout Arena, into output: Tensor
) {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let scratch = PositionalScratch(shape, packing, weight.precision, arena: &arena)
    let (D, width) = (shape.size, shape.kernelSize * shape.size)
    for utterance in 0..<packing.count {
        let rows = packing[utterance]
        parallelParts(shape.groups, grain: 1) { part, groups in
            for group in groups {
                scratch.pad(part, input, rows: rows, group: group)
                for tile in shape.tiles(rows.count) {
                    matrixMultiply(
                        scratch.windows(part, tile),
                        MatrixOperand(weight, offset: group * D * width, stride: width, transposed: true),
                        m: tile.count, n: D, k: width, bias: bias?.elements(group * D..<(group + 1) * D),
                        splits: false, into: shape.frames(Matrix(output), rows, tile, group))
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
    let (D, width) = (shape.size, shape.kernelSize * shape.size)
    let gradient = arena.matrix(rows: dOutput.rows, columns: dOutput.columns, precision: precision)
    convert(dOutput, into: gradient)
    for utterance in 0..<packing.count {
        let rows = packing[utterance]
        parallelParts(shape.groups, grain: 1) { part, groups in
            for group in groups {
                scratch.pad(part, input, rows: rows, group: group)
                for tile in shape.tiles(rows.count) {
                    matrixMultiply(
                        shape.frames(gradient, rows, tile, group, transposed: true),
                        scratch.windows(part, tile), m: D, n: width, k: tile.count, adding: true,
                        splits: false,
                        into: MatrixOperand(dWeight, offset: group * D * width, stride: width))
                }
            }
        }
    }
}

/// The extents of the convolution.
private struct PositionalShape: Sendable {
    let channels: Int
    let groups: Int
    let size: Int
    let kernelSize: Int
    var padding: Int

    init(channels: Int, groups: Int, kernelSize: Int, padding: Int) {
        precondition(channels % groups == 0, "\(channels) channels in \(groups) groups")
        self.channels = channels
        self.groups = groups
        size = channels / groups
        self.kernelSize = kernelSize
        self.padding = padding
    }

    func tiles(_ frames: Int) -> [Range<Int>] {
        stride(from: 0, to: frames, by: positionalTileRows).map { $0..<min($0 + positionalTileRows, frames) }
    }

    /// A group's columns of a tile of an utterance's rows.
    func frames(
        _ matrix: Matrix, _ rows: Range<Int>, _ tile: Range<Int>, _ group: Int, transposed: Bool = false
    ) -> MatrixOperand {
        MatrixOperand(
            matrix, offset: (rows.lowerBound + tile.lowerBound) * channels + group * size,
            stride: channels, transposed: transposed)
    }
}

/// One group's padded frames and one tile of its windows, for each thread.
private struct PositionalScratch: Sendable {
    private let shape: PositionalShape
    private let padded: Matrix
    private let tiles: Matrix

    init(
        _ shape: PositionalShape, _ packing: PackedRows, _ precision: GEMMPrecision, arena: inout Arena
    ) {
        self.shape = shape
        let parts = parallelPartCount(shape.groups, grain: 1)
        padded = arena.matrix(
            rows: parts, columns: (packing.longest + shape.kernelSize) * shape.size, precision: precision)
        tiles = arena.matrix(
            rows: parts,
            columns: min(positionalTileRows, max(1, packing.longest)) * shape.kernelSize * shape.size,
            precision: precision)
    }

    /// Copies a group's frames between zeros.
    func pad(_ part: Int, _ input: Tensor, rows: Range<Int>, group: Int) {
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
    }

    /// Copies the windows of a tile, one a row.
    func windows(_ part: Int, _ tile: Range<Int>) -> MatrixOperand {
        let (source, target) = (padded.rows(part..<part + 1), tiles.rows(part..<part + 1))
        let width = shape.kernelSize * shape.size
        for (row, frame) in tile.enumerated() {
            target.address(row * width).copyMemory(
                from: source.address(frame * shape.size), byteCount: width * source.precision.bytes)
        }
        return MatrixOperand(target, stride: width)
    }
}
