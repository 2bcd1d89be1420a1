internal import CMath
public import Tensors

// H: channels. G: groups. D = H / G: channels of a group. K: taps. F: frames of one utterance. A group's
// frames, padded, are copied side by side; a window of K frames is then one run of K · D numbers, and a tile
// of windows times the group's weights is one matrix product. The tile stays in cache.

private let tileRows = 64

/// Convolves each utterance with as many output frames as input frames: padding K / 2 on both sides, and of
/// an even kernel's one frame too many the last is dropped (Baevski et al., 2020, section 2; fairseq's
/// `SamePad`).
///
/// - Parameters:
///   - input: (T, H), packed.
///   - weight: (H, K, D) in memory.
///   - bias: (1, H).
///   - arena: Scratch for one padded group and one tile.
///   - output: (T, H); overwritten.
public func positionalConvolutionForward(
    _ input: Tensor, packing: PackedRows, weight: Tensor, bias: Tensor, kernelSize: Int, groups: Int,
    arena: inout Arena, into output: Tensor
) {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let scratch = PositionalScratch(input, packing, kernelSize: kernelSize, groups: groups, arena: &arena)
    let D = scratch.size
    for row in 0..<output.rows { output.rows(row..<row + 1).copy(from: bias) }
    for utterance in 0..<packing.count {
        let rows = packing[utterance]
        for group in 0..<groups {
            scratch.pad(input, rows: rows, group: group)
            for tile in scratch.tiles(rows.count) {
                scratch.unroll(tile)
                matrixMultiply(
                    MatrixOperand(scratch.windows), scratch.weights(weight, group, transposed: true),
                    m: tile.count, n: D, k: kernelSize * D, beta: 1,
                    into: scratch.frames(output, from: rows.lowerBound + tile.lowerBound, group))
            }
        }
    }
}

/// Accumulates dWeight and dBias, and writes dInput.
///
/// - Parameters:
///   - dOutput: (T, H).
///   - arena: Scratch as in forward, and one padded group more.
///   - dWeight: (H, K, D) in memory; accumulated. nil leaves it out.
///   - dBias: (1, H); accumulated. nil leaves it out.
///   - dInput: (T, H); overwritten. nil leaves it out.
public func positionalConvolutionBackward(
    _ dOutput: Tensor, input: Tensor, packing: PackedRows, weight: Tensor, kernelSize: Int, groups: Int,
    arena: inout Arena, dWeight: Tensor?, dBias: Tensor?, into dInput: Tensor?
) {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let scratch = PositionalScratch(input, packing, kernelSize: kernelSize, groups: groups, arena: &arena)
    let dPadded = arena.vector(scratch.padded.count)
    let D = scratch.size
    if let dBias {
        parp_add_column_sums(dOutput.pointer, Int64(dOutput.rows), Int64(dOutput.columns), dBias.pointer)
    }
    for utterance in 0..<packing.count {
        let rows = packing[utterance]
        for group in 0..<groups {
            scratch.pad(input, rows: rows, group: group)
            dPadded.fill(0)
            for tile in scratch.tiles(rows.count) {
                let dFrames = scratch.frames(dOutput, from: rows.lowerBound + tile.lowerBound, group)
                if let dWeight {
                    scratch.unroll(tile)
                    matrixMultiply(
                        scratch.frames(
                            dOutput, from: rows.lowerBound + tile.lowerBound, group, transposed: true),
                        MatrixOperand(scratch.windows), m: D, n: kernelSize * D, k: tile.count, beta: 1,
                        into: scratch.weights(dWeight, group))
                }
                if dInput != nil {
                    matrixMultiply(
                        dFrames, scratch.weights(weight, group), m: tile.count, n: kernelSize * D, k: D,
                        into: MatrixOperand(scratch.windows))
                    scratch.roll(tile, into: dPadded)
                }
            }
            if let dInput { scratch.unpad(dPadded, rows: rows, group: group, into: dInput) }
        }
    }
}

/// One group's padded frames and one tile of its windows.
private struct PositionalScratch {
    let size: Int
    let kernelSize: Int
    let channels: Int
    let padding: Int
    let padded: Tensor
    let windows: Tensor

    init(_ input: Tensor, _ packing: PackedRows, kernelSize: Int, groups: Int, arena: inout Arena) {
        precondition(input.columns % groups == 0, "\(input.columns) channels in \(groups) groups")
        channels = input.columns
        size = channels / groups
        self.kernelSize = kernelSize
        padding = kernelSize / 2
        padded = arena.vector((packing.longest + kernelSize) * size)
        windows = arena.tensor(rows: min(tileRows, max(1, packing.longest)), columns: kernelSize * size)
    }

    func tiles(_ frames: Int) -> [Range<Int>] {
        stride(from: 0, to: frames, by: tileRows).map { $0..<min($0 + tileRows, frames) }
    }

    func frames(
        _ tensor: Tensor, from row: Int, _ group: Int, transposed: Bool = false
    ) -> MatrixOperand {
        MatrixOperand(tensor, offset: row * channels + group * size, transposed: transposed)
    }

    func weights(_ tensor: Tensor, _ group: Int, transposed: Bool = false) -> MatrixOperand {
        MatrixOperand(
            tensor, offset: group * size * kernelSize * size, stride: kernelSize * size,
            transposed: transposed)
    }

    /// Copies a group's frames between zeros.
    func pad(_ input: Tensor, rows: Range<Int>, group: Int) {
        padded.elements(0..<padding * size).fill(0)
        for row in 0..<rows.count {
            let from = input.pointer + (rows.lowerBound + row) * channels + group * size
            (padded.pointer + (padding + row) * size).update(from: from, count: size)
        }
        let end = (padding + rows.count) * size
        padded.elements(end..<end + (kernelSize - padding) * size).fill(0)
    }

    /// Copies the windows of a tile, one a row.
    func unroll(_ tile: Range<Int>) {
        let width = kernelSize * size
        for (row, frame) in tile.enumerated() {
            (windows.pointer + row * width).update(from: padded.pointer + frame * size, count: width)
        }
    }

    /// Adds the windows of a tile to where they came from.
    func roll(_ tile: Range<Int>, into dPadded: Tensor) {
        let width = kernelSize * size
        for (row, frame) in tile.enumerated() {
            parp_add(windows.pointer + row * width, dPadded.pointer + frame * size, Int64(width))
        }
    }

    /// Copies a group's frames back from between the padding.
    func unpad(_ dPadded: Tensor, rows: Range<Int>, group: Int, into dInput: Tensor) {
        for row in 0..<rows.count {
            let to = dInput.pointer + (rows.lowerBound + row) * channels + group * size
            to.update(from: dPadded.pointer + (padding + row) * size, count: size)
        }
    }
}
