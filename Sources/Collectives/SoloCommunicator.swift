internal import Foundation
public import Tensors

/// A run of one rank: every operation is already done.
///
/// A class because its protocol's others share threads.
public final class SoloCommunicator: Communicator {
    /// A run of one rank.
    public init() {}

    /// Always 0.
    public var rank: Int { 0 }
    /// Always 1.
    public var size: Int { 1 }
    /// Always 0.
    public var nodeRank: Int { 0 }
    /// Always 1.
    public var nodeSize: Int { 1 }
    /// This machine.
    public var hostName: String { ProcessInfo.processInfo.hostName }
    /// None.
    public var libraryVersion: String { "none (one rank)" }

    /// Leaves the tensor as it is.
    public func broadcast(_ tensor: Tensor, root: Int) {}
    /// Leaves the numbers as they are.
    public func broadcast(_ values: inout [Double], root: Int) {}
    /// Leaves the words as they are.
    public func broadcast(_ words: inout [UInt64], root: Int) {}
    /// Returns the bytes.
    public func broadcastData(_ bytes: [UInt8]?, root: Int) -> [UInt8] { bytes ?? [] }
    /// Returns the bytes of this rank.
    public func gather(_ bytes: [UInt8], root: Int) -> [[UInt8]]? { [bytes] }
    /// Returns the words of this rank.
    public func allGather(_ words: [UInt64]) -> [[UInt64]] { [words] }
    /// Does nothing.
    public func barrier() {}
    /// Memory of this process.
    public func makeBuffer(count: Int) -> FlatBuffer { FlatBuffer(count: count) }
    /// Clears what is not kept, and returns an operation that has ended.
    public func enqueueSum(_ tensor: Tensor, wire: WireFormat, kept: KeptElements?) -> PendingOperation {
        kept?.clearDropped(in: tensor)
        let pending = PendingOperation()
        pending.finish()
        return pending
    }
    /// Does nothing.
    public func close() {}
    /// Ends the process.
    public func abort(code: Int32) -> Never { exit(code) }
}
