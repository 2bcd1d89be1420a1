public import Tensors

/// Communication between the ranks of a run.
///
/// Every call is collective: all ranks make it, in the same order.
public protocol Communicator: AnyObject, Sendable {
    /// This rank, from 0.
    var rank: Int { get }
    /// The number of ranks.
    var size: Int { get }
    /// This rank among those of its node, from 0.
    var nodeRank: Int { get }
    /// The ranks of this node.
    var nodeSize: Int { get }
    /// This rank among those with which it shares memory: its node's, unless they cannot share it.
    var groupRank: Int { get }
    /// The groups of ranks that share memory, between which messages travel.
    var groupCount: Int { get }
    /// The machine this rank runs on.
    var hostName: String { get }
    /// The library that carries the messages, and its version.
    var libraryVersion: String { get }
    /// The current operation and when it began, readable from any thread; nil if there is none.
    var waiting: (operation: String, start: ContinuousClock.Instant)? { get }

    /// Broadcasts the root's tensor.
    func broadcast(_ tensor: Tensor, root: Int) throws(CollectiveError)
    /// Broadcasts the root's numbers; the count must be the same.
    func broadcast(_ values: inout [Double], root: Int) throws(CollectiveError)
    /// Broadcasts the root's words; the count must be the same.
    func broadcast(_ words: inout [UInt64], root: Int) throws(CollectiveError)
    /// Broadcasts the root's bytes, of any length; others pass nil.
    func broadcastData(_ bytes: [UInt8]?, root: Int) throws(CollectiveError) -> [UInt8]
    /// Gathers the bytes of every rank, of any lengths, on the root; others get nil.
    func gather(_ bytes: [UInt8], root: Int) throws(CollectiveError) -> [[UInt8]]?
    /// Gathers the words of every rank on all ranks; the count must be the same.
    func allGather(_ words: [UInt64]) throws(CollectiveError) -> [[UInt64]]
    /// Waits for all ranks.
    func barrier() throws(CollectiveError)

    /// Zeros for numbers that will be summed, in shared memory if possible, which needs no copy.
    ///
    /// The memory lives until `close`.
    func makeBuffer(count: Int) throws(CollectiveError) -> FlatBuffer
    /// Sums a tensor over all ranks, in place, after all earlier operations and without waiting; `wait` on the
    /// result does.
    ///
    /// All ranks end with the same bits, and so does a repeated run on as many ranks and nodes. With `kept`,
    /// elements that are not kept are not sent and are 0 afterwards.
    func enqueueSum(_ tensor: Tensor, wire: WireFormat, kept: KeptElements?) -> PendingOperation
    /// Sets which ranks of a node send to other nodes; the sums are bit-identical.
    func setSenders(_ senders: Senders) throws(CollectiveError)
    /// Finalises communication.
    func close()
    /// Aborts all ranks, for a fault that only this one knows.
    func abort(code: Int32) -> Never
}

/// An operation that failed, with what to do.
public struct CollectiveError: Error, CustomStringConvertible, Equatable {
    /// What failed: an operation or a comparison.
    public let operation: String
    /// The reason, if known, and the fix.
    public let reason: String
    /// Whether another rank ended while this one waited for it: the first fault of the job is that rank's.
    public let lostRank: Bool

    /// A failure.
    public init(_ operation: String, _ reason: String, lostRank: Bool = false) {
        self.operation = operation
        self.reason = reason
        self.lostRank = lostRank
    }

    /// `OPERATION: reason`.
    public var description: String { "\(operation): \(reason)" }
}

/// The format in which numbers of a sum are sent between nodes; inside a node they are float32 and not sent.
public enum WireFormat: String, Sendable, CaseIterable {
    /// Unchanged: the sum is that of float32 numbers.
    case float32
    /// Half the bytes, and not exact: each node's sum is rounded to 8 bits of significand (to nearest, ties to
    /// even), and so is the sum of those, which is formed in float32.
    case bfloat16
}

extension Communicator {
    /// Nothing is ever in progress if operations end at once.
    public var waiting: (operation: String, start: ContinuousClock.Instant)? { nil }
    /// The ranks of a process are on one machine.
    public var groupRank: Int { nodeRank }
    /// The ranks of a process are on one machine.
    public var groupCount: Int { 1 }
    /// Does nothing with a single node.
    public func setSenders(_ senders: Senders) {}

    /// Sums a tensor over all ranks, in place.
    public func allReduceSum(_ tensor: Tensor) throws(CollectiveError) {
        try enqueueSum(tensor, wire: .float32, kept: nil).wait()
    }

    /// Sums a few numbers over all ranks, in place, in the order of ranks: all hold the same bits.
    ///
    /// - Complexity: Gathers size × count numbers.
    public func allReduceSum(_ values: inout [Double]) throws(CollectiveError) {
        for (rank, bits) in try allGather(values.map(\.bitPattern)).enumerated() {
            let numbers = bits.map(Double.init(bitPattern:))
            values = rank == 0 ? numbers : zip(values, numbers).map(+)
        }
    }

    /// Sums a few numbers as `allReduceSum` does, and gathers further numbers of each rank in the same
    /// message.
    public func allReduceSum(
        _ values: inout [Double], gathering own: [Double]
    ) throws(CollectiveError) -> [[Double]] {
        let gathered = try allGather((values + own).map(\.bitPattern)).map { words in
            words.map(Double.init(bitPattern:))
        }
        let count = values.count
        // In rank order: all hold the same bits.
        values = gathered.dropFirst().reduce(Array(gathered[0].prefix(count))) { sums, numbers in
            zip(sums, numbers).map(+)
        }
        return gathered.map { Array($0.dropFirst(count)) }
    }

    /// Sums a few whole numbers over all ranks, in place.
    ///
    /// - Complexity: Gathers size × count numbers.
    public func allReduceSum(_ values: inout [Int]) throws(CollectiveError) {
        let words = try allGather(values.map { UInt64(bitPattern: Int64($0)) })
        values = values.indices.map { index in
            words.reduce(0) { $0 + Int(Int64(bitPattern: $1[index])) }
        }
    }

    /// Checks that all ranks hold the same hash of something.
    ///
    /// - Throws: `CollectiveError` that names the ranks that differ from rank 0, on all ranks alike.
    public func agree(on hash: UInt64, what: String) throws(CollectiveError) {
        let hashes = try allGather([hash]).map { $0[0] }
        let differing = hashes.indices.filter { hashes[$0] != hashes[0] }
        guard differing.isEmpty else {
            let ranks = differing.map(String.init).joined(separator: ", ")
            throw CollectiveError(
                "replica check",
                "\(what) of rank \(ranks) differs from rank 0's; the replicas are no longer the same model. "
                    + "Look for different binaries, data or failing memory on that host, then use --resume")
        }
    }
}
