/// The rows of each utterance of a packed batch: `offsets[i] ..< offsets[i + 1]` of one matrix.
///
/// Nothing is padded, so a result cannot depend on what else is in the batch.
public struct PackedRows: Hashable, Sendable {
    /// One more than there are utterances; the first is 0.
    public let offsets: [Int]

    /// The packing of utterances with these many rows each.
    public init(lengths: [Int]) {
        var offsets = [0]
        offsets.reserveCapacity(lengths.count + 1)
        for length in lengths { offsets.append(offsets[offsets.count - 1] + length) }
        self.offsets = offsets
    }

    /// The number of utterances.
    public var count: Int { offsets.count - 1 }
    /// The number of rows of all utterances together.
    public var totalRows: Int { offsets[offsets.count - 1] }
    /// The rows of one utterance.
    public subscript(utterance: Int) -> Range<Int> { offsets[utterance]..<offsets[utterance + 1] }
    /// The number of rows of one utterance.
    public func length(_ utterance: Int) -> Int { offsets[utterance + 1] - offsets[utterance] }
    /// The most rows of any utterance, 0 if there is none.
    public var longest: Int { (0..<count).reduce(0) { max($0, length($1)) } }
}
