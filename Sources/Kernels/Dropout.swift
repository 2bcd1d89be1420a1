internal import CMath
public import Tensors

/// Which elements of a packed tensor are dropped (Srivastava et al., 2014).
///
/// The bits of an element are a function of its utterance's key and its index in the utterance, so backward
/// regenerates them and nothing is stored.
public struct Dropout: Sendable {
    /// The probability that an element is dropped; others are scaled by 1 / (1 − rate).
    public let rate: Float
    /// The rows of each utterance.
    public let packing: PackedRows
    /// One per utterance.
    public let keys: [UInt64]
    /// The number of rows of each utterance before the packed ones; empty if all are packed.
    private let skipped: [Int]

    /// Dropout at a rate from 0 to below 1.
    public init(rate: Float, packing: PackedRows, keys: [UInt64], skipping skipped: [Int] = []) {
        precondition(rate >= 0 && rate < 1, "a dropout rate is from 0 to below 1, not \(rate)")
        precondition(keys.count == packing.count, "\(keys.count) keys for \(packing.count) utterances")
        self.rate = rate
        self.packing = packing
        self.keys = keys
        self.skipped = skipped
    }

    /// The rule for an utterance's sequence from one of its elements on.
    func rule(utterance: Int, from element: Int) -> parp_dropout_rule {
        parp_dropout_rule(
            key: keys[utterance], threshold: UInt32(Double(rate) * 0x1p32),
            first_index: UInt32(truncatingIfNeeded: element), scale: 1 / (1 - rate))
    }

    /// Calls with ranges of rows, each of one utterance, and the rule from their first element on.
    func forEachRows(columns: Int, _ body: @Sendable (Range<Int>, parp_dropout_rule) -> Void) {
        for utterance in 0..<packing.count {
            let rows = packing[utterance]
            let first = skipped.isEmpty ? 0 : skipped[utterance]
            parallelFor(rows.count, grain: 64) { range in
                body(
                    rows.lowerBound + range.lowerBound..<rows.lowerBound + range.upperBound,
                    rule(utterance: utterance, from: (first + range.lowerBound) * columns))
            }
        }
    }
}

extension parp_dropout_rule {
    /// Nothing is dropped.
    static var none: parp_dropout_rule {
        parp_dropout_rule(key: 0, threshold: 0, first_index: 0, scale: 1)
    }
}

/// Calls with ranges of rows and their rule: of all rows without dropout.
func forEachRows(
    _ rows: Int, columns: Int, _ dropout: Dropout?, _ body: @Sendable (Range<Int>, parp_dropout_rule) -> Void
) {
    guard let dropout else {
        parallelFor(rows, grain: 64) { body($0, .none) }
        return
    }
    dropout.forEachRows(columns: columns, body)
}

/// Drops elements and scales the others.
///
/// May run in place.
///
/// - Parameters:
///   - input: (T, C), packed.
///   - output: (T, C); overwritten.
public func dropoutForward(_ input: Tensor, _ dropout: Dropout, into output: Tensor) {
    precondition(input.count == output.count, "dropout of \(input.count) elements into \(output.count)")
    guard output.device == .cpu else { return }
    let C = input.columns
    dropout.forEachRows(columns: C) { rows, rule in
        let start = rows.lowerBound * C
        parp_dropout(input.pointer + start, output.pointer + start, Int64(rows.count * C), rule)
    }
}

/// Writes the gradient of `dropoutForward`: the same elements dropped, the same scale.
///
/// May run in place.
public func dropoutBackward(_ dOutput: Tensor, _ dropout: Dropout, into dInput: Tensor) {
    dropoutForward(dOutput, dropout, into: dInput)
}

/// Writes dropout(x) in the precision of products; without dropout, x itself.
///
/// It is its own backward.
public func dropoutConvert(_ input: Tensor, _ dropout: Dropout?, into output: Matrix) {
    precondition(input.count == output.count, "dropout of \(input.count) elements into \(output.count)")
    guard output.device == .cpu else { return }
    let C = input.columns
    forEachRows(input.rows, columns: C, dropout) { rows, rule in
        let start = rows.lowerBound * C
        parp_dropout_convert(
            input.pointer + start, output.address(start), output.precision.element, Int64(rows.count * C),
            rule)
    }
}

/// Computes y = residual + dropout(y), in place: the end of a residual branch.
///
/// The gradient of the branch is `dropoutConvert` of the sum's, that of the residual the sum's itself.
public func addResidual(_ residual: Tensor, _ dropout: Dropout?, into branch: Tensor) {
    precondition(residual.count == branch.count, "residual of \(residual.count) for \(branch.count)")
    guard branch.device == .cpu else { return }
    let C = branch.columns
    forEachRows(branch.rows, columns: C, dropout) { rows, rule in
        let start = rows.lowerBound * C
        parp_dropout_add(
            residual.pointer + start, branch.pointer + start, Int64(rows.count * C), rule)
    }
}
