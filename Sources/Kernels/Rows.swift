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
    check(rows, below: matrix.rows)
    guard selected.device == .cpu else { return }
    parallelFor(rows.count, grain: max(1, 32_768 / max(1, C))) { range in
        for index in range {
            parp_widen(
                matrix.address(rows[index] * C), matrix.precision.element, selected.pointer + index * C,
                Int64(C))
        }
    }
}

/// Adds rows to some of a tensor's: the gradient of `gatherRows`, added to others.
///
/// - Parameters:
///   - selected: (rows, C).
///   - rows: Indices, in any order and any number of times; each thread adds columns of its own, in order.
///   - sum: (T, C); added to.
public func addRows(_ selected: Tensor, to rows: [Int], of sum: Tensor) {
    let C = sum.columns
    precondition(
        selected.rows == rows.count && selected.columns == C,
        "\(selected.rows)×\(selected.columns) to \(rows.count) rows of \(C)")
    check(rows, below: sum.rows)
    guard sum.device == .cpu else { return }
    parallelFor(C, grain: max(64, 65_536 / max(1, rows.count))) { columns in
        for (index, row) in rows.enumerated() {
            parp_add(
                selected.pointer + index * C + columns.lowerBound, sum.pointer + row * C + columns.lowerBound,
                Int64(columns.count))
        }
    }
}

/// Adds to each row of a tensor one row of a table: an embedding, added to others.
///
/// Its gradient is `addRows`.
///
/// - Parameters:
///   - table: (V, C).
///   - rows: Indices of its rows, one per row of `sum`.
///   - sum: (T, C); added to.
public func addGatheredRows(_ table: Tensor, _ rows: [Int], into sum: Tensor) {
    let C = table.columns
    precondition(
        sum.rows == rows.count && sum.columns == C,
        "\(rows.count) rows of \(C) to \(sum.rows)×\(sum.columns)")
    check(rows, below: table.rows)
    guard sum.device == .cpu else { return }
    parallelFor(rows.count, grain: max(1, 32_768 / max(1, C))) { range in
        for index in range {
            parp_add(table.pointer + rows[index] * C, sum.pointer + index * C, Int64(C))
        }
    }
}

private func check(_ rows: [Int], below count: Int) {
    precondition(rows.allSatisfy { $0 >= 0 && $0 < count }, "a row outside 0..<\(count)")
}
