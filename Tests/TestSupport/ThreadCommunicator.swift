public import Collectives
internal import Dispatch
internal import Foundation
internal import Synchronization
public import Tensors

/// The embedded twin of `MPICommunicator`: the ranks of a run as threads of one process.
///
/// It keeps the protocol's promises and adds none: calls of a rank run in order on a thread of its own, ranks
/// that make different calls fail, and after a first fault everything fails.
///
/// A class because its protocol is one.
public final class ThreadCommunicator: Communicator {
    /// This rank, from 0.
    public let rank: Int
    private let room: MeetingRoom
    private let queue: DispatchQueue
    private let calls = Mutex<[String]>([])

    private init(rank: Int, room: MeetingRoom) {
        self.rank = rank
        self.room = room
        queue = DispatchQueue(label: "rank \(rank)")
    }

    /// The ranks of one run; on all of them the call with the number `failingCall` fails, counted from 0.
    public static func ranks(_ count: Int, failingCall: Int? = nil) -> [ThreadCommunicator] {
        let room = MeetingRoom(size: count, failingCall: failingCall)
        return (0..<count).map { ThreadCommunicator(rank: $0, room: room) }
    }

    /// What this rank has called, in order, launched or done.
    public var log: [String] { calls.withLock { $0 } }

    /// The number of ranks.
    public var size: Int { room.size }
    /// Threads of a process are on one machine.
    public var nodeRank: Int { rank }
    /// Threads of a process are on one machine.
    public var nodeSize: Int { size }
    /// No machine's name.
    public var hostName: String { "threads" }
    /// None.
    public var libraryVersion: String { "none (threads)" }

    /// Meets all ranks on this rank's own thread, and returns what each brought.
    private func meet(
        _ call: String, bringing bytes: [UInt8] = [], tensor: Tensor? = nil,
        combine: @escaping @Sendable ([Tensor]) -> Void = { _ in }
    ) throws(CollectiveError) -> [[UInt8]] {
        calls.withLock { $0.append(call) }
        let contribution = Contribution(call: call, bytes: bytes, tensor: tensor)
        return try queue.sync { room.meet(rank, contribution, combine: combine) }.get()
    }

    /// Zeros of this process.
    public func makeBuffer(count: Int) throws(CollectiveError) -> FlatBuffer {
        _ = try meet("buffer of \(count)")
        return FlatBuffer(count: count)
    }

    /// Sums on this rank's own thread, in the order of ranks.
    public func enqueueSum(_ tensor: Tensor, wire: WireFormat, kept: KeptElements?) -> PendingOperation {
        let call = "sum of \(tensor.count) as \(wire)\(kept == nil ? "" : ", some kept")"
        calls.withLock { $0.append(call) }
        let pending = PendingOperation()
        queue.async { [rank, room] in
            let outcome = room.meet(rank, Contribution(call: call, bytes: [], tensor: tensor)) { tensors in
                for index in 0..<tensors[0].count {
                    let isKept = kept?[index] ?? true
                    let sum = isKept ? tensors.dropFirst().reduce(tensors[0][index]) { $0 + $1[index] } : 0
                    for copy in tensors { copy[index] = sum }
                }
            }
            switch outcome {
            case .success: pending.finish()
            case .failure(let error): pending.finish(error: error)
            }
        }
        return pending
    }

    /// Copies the root's tensor.
    public func broadcast(_ tensor: Tensor, root: Int) throws(CollectiveError) {
        _ = try meet("broadcast of \(tensor.count) floats from \(root)", tensor: tensor) { tensors in
            for (rank, copy) in tensors.enumerated() where rank != root { copy.copy(from: tensors[root]) }
        }
    }

    /// Copies the root's numbers.
    public func broadcast(_ values: inout [Double], root: Int) throws(CollectiveError) {
        var words = values.map(\.bitPattern)
        try broadcast(&words, root: root)
        values = words.map(Double.init(bitPattern:))
    }

    /// Copies the root's words.
    public func broadcast(_ words: inout [UInt64], root: Int) throws(CollectiveError) {
        let all = try meet("broadcast of \(words.count) words from \(root)", bringing: bytes(of: words))
        words = ThreadCommunicator.words(of: all[root])
    }

    /// Copies the root's bytes.
    public func broadcastData(_ bytes: [UInt8]?, root: Int) throws(CollectiveError) -> [UInt8] {
        try meet("broadcast of bytes from \(root)", bringing: bytes ?? [])[root]
    }

    /// Gives the root everybody's bytes.
    public func gather(_ bytes: [UInt8], root: Int) throws(CollectiveError) -> [[UInt8]]? {
        let all = try meet("gather to \(root)", bringing: bytes)
        return rank == root ? all : nil
    }

    /// Gives everybody everybody's words.
    public func allGather(_ words: [UInt64]) throws(CollectiveError) -> [[UInt64]] {
        try meet("gather of \(words.count) words to all", bringing: bytes(of: words))
            .map(ThreadCommunicator.words)
    }

    /// Waits for all ranks.
    public func barrier() throws(CollectiveError) { _ = try meet("barrier") }
    /// Does nothing.
    public func close() {}
    /// Ends the process.
    public func abort(code: Int32) -> Never { exit(code) }

    private func bytes(of words: [UInt64]) -> [UInt8] {
        words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
    }

    private static func words(of bytes: [UInt8]) -> [UInt64] {
        (0..<bytes.count / 8).map { word in
            (0..<8).reduce(0) { $0 | UInt64(bytes[word * 8 + $1]) << UInt64(8 * $1) }
        }
    }
}

/// A rank's contribution to a meeting.
private struct Contribution: Sendable {
    let call: String
    let bytes: [UInt8]
    let tensor: Tensor?
}

/// Where the ranks meet, call after call; who comes last does the work.
private final class MeetingRoom: Sendable {
    typealias Outcome = Result<[[UInt8]], CollectiveError>

    private struct State {
        var present: [Int: Contribution] = [:]
        var meetings = 0
        var outcome = Outcome.success([])
    }

    let size: Int
    private let failingCall: Int?
    private let state = Mutex(State())
    private let seats: [DispatchSemaphore]

    init(size: Int, failingCall: Int?) {
        self.size = size
        self.failingCall = failingCall
        seats = (0..<size).map { _ in DispatchSemaphore(value: 0) }
    }

    func meet(
        _ rank: Int, _ contribution: Contribution, combine: ([Tensor]) -> Void
    ) -> Outcome {
        let everybody = state.withLock { state -> [Contribution]? in
            state.present[rank] = contribution
            let all = (0..<size).compactMap { state.present[$0] }
            return all.count == size ? all : nil
        }
        guard let everybody else {
            seats[rank].wait()
            return state.withLock { $0.outcome }
        }
        let outcome = hold(everybody, combine: combine)
        for seat in seats.indices where seat != rank { seats[seat].signal() }
        return outcome
    }

    private func hold(_ everybody: [Contribution], combine: ([Tensor]) -> Void) -> Outcome {
        let call = everybody[0].call
        let before = state.withLock { state -> (number: Int, outcome: Outcome) in
            defer { state.meetings += 1 }
            state.present = [:]
            return (state.meetings, state.outcome)
        }
        var outcome = before.outcome
        if case .success = outcome {
            if before.number == failingCall {
                outcome = .failure(CollectiveError(call, "the test wants this call to fail"))
            } else if let other = everybody.first(where: { $0.call != call }) {
                outcome = .failure(CollectiveError(call, "another rank makes another call: \(other.call)"))
            } else {
                combine(everybody.compactMap(\.tensor))
                outcome = .success(everybody.map(\.bytes))
            }
        }
        state.withLock { $0.outcome = outcome }
        return outcome
    }
}

/// Runs a body as every rank at once, each on a thread, and returns what they found in the order of ranks.
public func runRanks<Value: Sendable>(
    _ ranks: [ThreadCommunicator], _ body: @escaping @Sendable (ThreadCommunicator) throws -> Value
) -> [Result<Value, any Error>] {
    let results = Mutex<[Int: Result<Value, any Error>]>([:])
    let done = DispatchSemaphore(value: 0)
    for communicator in ranks {
        Thread {
            let result = Result { try body(communicator) }
            results.withLock { $0[communicator.rank] = result }
            done.signal()
        }.start()
    }
    for _ in ranks { done.wait() }
    return results.withLock { results in ranks.compactMap { results[$0.rank] } }
}
