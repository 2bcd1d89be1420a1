internal import CMath
public import Tensors

/// Copies some rows, as float32, into as many of a tensor.
///
/// - Parameters:
///   - matrix: (T, C).
///   - rows: Indices of its rows, in any order.
///   - selected: (rows, C); overwritten.
public func gatherRows(_ matrix: Matrix, _ rows: [Int], into selected: Tensor) {
    let C = matrix.columns
    precondition(
        selected.rows == rows.count && selected.columns == C,
        "\(rows.count) rows of \(C) into \(selected.rows)×\(selected.columns)")
    guard selected.device == .cpu else { return }
    parallelFor(rows.count, grain: max(1, 32_768 / max(1, C))) { range in
        for index in range {
            parp_widen(
                matrix.address(rows[index] * C), matrix.precision.element, selected.pointer + index * C,
                Int64(C))
        }
    }
}

/// Adds rows to some of a tensor's: the gradient of `gatherRows`, where it meets others.
///
/// - Parameters:
///   - selected: (rows, C).
///   - rows: Indices, in any order.
///   - sum: (T, C); added to.
public func addRows(_ selected: Tensor, to rows: [Int], of sum: Tensor) {
    let C = sum.columns
    precondition(
        selected.rows == rows.count && selected.columns == C,
        "\(selected.rows)×\(selected.columns) to \(rows.count) rows of \(C)")
    guard sum.device == .cpu else { return }
    for (index, row) in rows.enumerated() {
        parp_add(selected.pointer + index * C, sum.pointer + row * C, Int64(C))
    }
}
