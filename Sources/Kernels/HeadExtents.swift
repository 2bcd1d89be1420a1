internal import Tensors

/// The extents of an attention head, and where its operands lie.
struct HeadExtents: Sendable {
    let hiddenSize: Int
    let headSize: Int
    let headCount: Int
    let precision: GEMMPrecision

    init(_ query: Matrix, headCount: Int) {
        precondition(query.columns % headCount == 0, "\(query.columns) channels in \(headCount) heads")
        hiddenSize = query.columns
        headSize = query.columns / headCount
        self.headCount = headCount
        precision = query.precision
    }

    /// What scores are multiplied with.
    var scale: Float { 1 / Float(headSize).squareRoot() }

    /// Heads that a thread should have at least, of so many scores each: some hundred microseconds.
    func grain(_ scores: Int) -> Int { max(1, 16_384 / max(1, scores)) }

    /// A head's columns from a row on.
    func address(_ matrix: Matrix, _ row: Int, _ head: Int) -> UnsafeMutableRawPointer {
        matrix.address(row * hiddenSize + head * headSize)
    }
}
