internal import CMath
public import Tensors

/// Which weights of a matrix are kept: one bit per weight.
public struct KeptWeights: Sendable {
    let words: [UInt64]
    let firstBit: Int
    /// The number of rows.
    public let rows: Int
    /// The number of columns.
    public let columns: Int
    /// The number of kept weights.
    public let count: Int

    /// The weights that are not 0.
    public init(nonzeroOf weight: Tensor) {
        var words = [UInt64](repeating: 0, count: weight.count / 64 + 1)
        parp_nonzero_bits(weight.pointer, Int64(weight.count), &words)
        self.init(words: words, firstBit: 0, rows: weight.rows, columns: weight.columns)
    }

    /// The weights whose bit is 1, from a bit of a flat mask on.
    ///
    /// - Parameter words: 64 bits each, from the lowest up.
    public init(words: [UInt64], firstBit: Int, rows: Int, columns: Int) {
        precondition(firstBit + rows * columns <= 64 * words.count, "\(rows) × \(columns) bits")
        self.words = words
        self.firstBit = firstBit
        self.rows = rows
        self.columns = columns
        count = Int(parp_count_bits(words, Int64(firstBit), Int64(rows * columns)))
    }

    /// Only the first rows.
    public func prefix(rows count: Int) -> KeptWeights {
        KeptWeights(words: words, firstBit: firstBit, rows: min(rows, count), columns: columns)
    }

    /// The share of the weights that are not kept.
    public var sparsity: Double { 1 - Double(count) / Double(max(1, rows * columns)) }
}
