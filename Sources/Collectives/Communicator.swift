public import Tensors

/// How a rank talks to the others of its run.
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
    /// The machine this rank runs on.
    var hostName: String { get }
    /// The library that carries the messages, and its version.
    var libraryVersion: String { get }

    /// Sums a tensor over all ranks, in place.
    func allReduceSum(_ tensor: Tensor) throws(CollectiveError)
    /// Sums numbers over all ranks, in place.
    func allReduceSum(_ values: inout [Double]) throws(CollectiveError)
    /// Sums whole numbers over all ranks, in place.
    func allReduceSum(_ values: inout [Int]) throws(CollectiveError)
    /// Gives every rank the root's tensor.
    func broadcast(_ tensor: Tensor, root: Int) throws(CollectiveError)
    /// Gives every rank the root's numbers, as many as it has itself.
    func broadcast(_ values: inout [Double], root: Int) throws(CollectiveError)
    /// Gives every rank the root's words, as many as it has itself.
    func broadcast(_ words: inout [UInt64], root: Int) throws(CollectiveError)
    /// Gives every rank the root's bytes, of whatever length; others pass nil.
    func broadcastData(_ bytes: [UInt8]?, root: Int) throws(CollectiveError) -> [UInt8]
    /// Gives the root the bytes of every rank, of whatever lengths; others get nil.
    func gather(_ bytes: [UInt8], root: Int) throws(CollectiveError) -> [[UInt8]]?
    /// Gives every rank the words of every rank, as many from each.
    func allGather(_ words: [UInt64]) throws(CollectiveError) -> [[UInt64]]
    /// Waits for all ranks.
    func barrier() throws(CollectiveError)

    /// Runs an operation behind all earlier ones, without waiting; `wait` on the result does.
    func enqueueSum(_ tensor: Tensor) -> PendingOperation
    /// Leaves the run in order.
    func close()
    /// Ends all ranks at once, for a fault that only this one knows.
    func abort(code: Int32) -> Never
}

/// An operation that failed, with what to do.
public struct CollectiveError: Error, CustomStringConvertible, Equatable {
    /// What failed: an operation or a comparison.
    public let operation: String
    /// What is known of why, and the fix.
    public let reason: String

    /// A failure.
    public init(_ operation: String, _ reason: String) {
        self.operation = operation
        self.reason = reason
    }

    /// `OPERATION: reason`.
    public var description: String { "\(operation): \(reason)" }
}

extension Communicator {
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
