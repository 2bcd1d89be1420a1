internal import CMPI
internal import Foundation
internal import Synchronization
public import Tensors

/// The ranks that `mpirun` or `srun` started.
///
/// One thread, `mpi`, initialises, calls and finalises; others pass it work. It sleeps while it waits for
/// other ranks. Inside a node ranks sum through shared memory, between nodes through MPI
/// (docs/architecture.md). After a first fault every further call fails with it: the ranks are out of step
/// from then on.
///
/// A class: the thread and its callers share it.
public final class MPICommunicator: Communicator {
    /// This rank, from 0.
    public let rank: Int
    /// The number of ranks.
    public let size: Int
    /// The machine this rank runs on.
    public let hostName: String
    /// The MPI library's name and version.
    public let libraryVersion: String
    /// This rank among those of its node, from 0.
    public let nodeRank: Int
    /// The ranks of this node.
    public let nodeSize: Int
    /// This rank among those with which it shares memory: its node's, unless they cannot share it.
    public let groupRank: Int
    /// The groups of ranks that share memory, between which messages travel.
    public let groupCount: Int
    private let thread: WorkerThread
    private let firstFault = Mutex<CollectiveError?>(nil)
    /// Shared memory released by a buffer, for reuse by the next run of this process.
    ///
    /// All ranks free and create their buffers in the same order, so they reuse the same memory.
    private let spareMemory = Mutex<[Tensor]>([])
    private let underWay = Mutex<(operation: String, start: ContinuousClock.Instant)?>(nil)

    private struct Facts: Sendable {
        var rank: Int32 = 0
        var size: Int32 = 0
        var nodeRank: Int32 = 0
        var nodeSize: Int32 = 0
        var groupRank: Int32 = 0
        var groupCount: Int32 = 0
        var host = ""
        var version = ""
    }

    /// Joins the run.
    ///
    /// `ranksPerNode` pretends that a machine is several nodes, and `messageLimit` that MPI carries fewer
    /// elements per message; both are for testing on one machine what otherwise needs many, or much memory.
    public init(ranksPerNode: Int? = nil, messageLimit: Int? = nil) throws(CollectiveError) {
        let thread = WorkerThread(name: "mpi")
        let outcome = thread.run { () -> Result<Facts, CollectiveError> in
            Result { () throws(CollectiveError) -> Facts in
                var facts = Facts()
                try check(
                    "joining the run", parp_mpi_init(Int32(ranksPerNode ?? 0), Int64(messageLimit ?? 0)))
                try check("MPI_Comm_rank", parp_mpi_rank(&facts.rank, &facts.size))
                parp_mpi_node(&facts.nodeRank, &facts.nodeSize)
                parp_mpi_group(&facts.groupRank, &facts.groupCount)
                facts.host = try text(256, "MPI_Get_processor_name", parp_mpi_host_name)
                facts.version = try text(8192, "MPI_Get_library_version", parp_mpi_library_version)
                return facts
            }
        }
        let facts = try outcome.get()
        self.thread = thread
        rank = Int(facts.rank)
        size = Int(facts.size)
        nodeRank = Int(facts.nodeRank)
        nodeSize = Int(facts.nodeSize)
        groupRank = Int(facts.groupRank)
        groupCount = Int(facts.groupCount)
        hostName = facts.host
        libraryVersion = facts.version
    }

    /// Runs a call on the MPI thread, after all earlier ones, and waits for it.
    private func call(
        _ name: String, _ body: @escaping @Sendable () -> Int32
    ) throws(CollectiveError) {
        if let fault = thread.run({ self.attempt(name, body) }) { throw fault }
    }

    /// Makes a call on the MPI thread, unless one has failed before.
    private func attempt(_ name: String, _ body: () -> Int32) -> CollectiveError? {
        if let fault = firstFault.withLock({ $0 }) { return fault }
        underWay.withLock { $0 = (name, .now) }
        guard let fault = failure(name, body()) else {
            underWay.withLock { $0 = nil }
            return nil
        }
        // Still in progress: the rank it waited for did not come.
        firstFault.withLock { $0 = fault }
        return fault
    }

    /// The operation that the MPI thread is in.
    public var waiting: (operation: String, start: ContinuousClock.Instant)? {
        underWay.withLock { $0 }
    }

    /// Zeros in memory that the ranks of a node share, or this process's own if they cannot.
    public func makeBuffer(count: Int) throws(CollectiveError) -> FlatBuffer {
        if let spare = takeSpareMemory(count: count) { return lend(spare) }
        let shared = Mutex<Tensor?>(nil)
        try call("shared memory") {
            var values: UnsafeMutablePointer<Float>?
            let status = parp_mpi_shared_floats(Int64(count), &values)
            if let values { shared.withLock { $0 = Tensor(values, rows: 1, columns: count) } }
            return status
        }
        guard let memory = shared.withLock({ $0 }) else { return FlatBuffer(count: count) }
        return lend(memory)
    }

    private func lend(_ memory: Tensor) -> FlatBuffer {
        FlatBuffer(over: memory) { [weak self] in self?.spareMemory.withLock { $0.append(memory) } }
    }

    private func takeSpareMemory(count: Int) -> Tensor? {
        spareMemory.withLock { spare in
            guard let index = spare.lastIndex(where: { $0.count == count }) else { return nil }
            spare[index].fill(0)
            return spare.remove(at: index)
        }
    }

    /// Sums a tensor after all earlier operations, without waiting.
    public func enqueueSum(_ tensor: Tensor, wire: WireFormat, kept: KeptElements?) -> PendingOperation {
        precondition(kept?.covers(tensor.count) ?? true, "fewer bits than the \(tensor.count) elements")
        return enqueue("sum over ranks") {
            let (values, count) = (tensor.pointer, Int64(tensor.count))
            guard let kept else { return parp_mpi_sum(values, count, wire.code, nil, 0) }
            return kept.words.withUnsafeBufferPointer {
                parp_mpi_sum(values, count, wire.code, $0.baseAddress, Int64(kept.firstBit))
            }
        }
    }

    /// Lets all ranks of a node send to other nodes, or only its first.
    public func setSenders(_ senders: Senders) throws(CollectiveError) {
        try call("senders") { parp_mpi_senders(senders == .leaders ? 1 : 0) }
    }

    /// Sums a tensor with the MPI library, for comparison: it spins, and adds in its own order.
    public func enqueueLibrarySum(_ tensor: Tensor) -> PendingOperation {
        enqueue("MPI_Allreduce") { parp_mpi_library_sum(tensor.pointer, Int64(tensor.count)) }
    }

    private func enqueue(_ name: String, _ body: @escaping @Sendable () -> Int32) -> PendingOperation {
        let pending = PendingOperation()
        thread.enqueue {
            let start = ContinuousClock.now
            let fault = self.attempt(name, body)
            pending.finish(error: fault, interval: start..<ContinuousClock.now)
        }
        return pending
    }

    /// Gives every rank the root's tensor.
    public func broadcast(_ tensor: Tensor, root: Int) throws(CollectiveError) {
        try call("broadcast") {
            parp_mpi_broadcast(tensor.pointer, Int64(tensor.count * MemoryLayout<Float>.stride), Int32(root))
        }
    }

    /// Gives every rank the root's numbers.
    public func broadcast(_ values: inout [Double], root: Int) throws(CollectiveError) {
        try inPlace(&values, "broadcast") { parp_mpi_broadcast($0, Int64($1 * 8), Int32(root)) }
    }

    /// Gives every rank the root's words.
    public func broadcast(_ words: inout [UInt64], root: Int) throws(CollectiveError) {
        try inPlace(&words, "broadcast") { parp_mpi_broadcast($0, Int64($1 * 8), Int32(root)) }
    }

    /// Gives every rank the root's bytes, of whatever length.
    public func broadcastData(_ bytes: [UInt8]?, root: Int) throws(CollectiveError) -> [UInt8] {
        var count = [UInt64(bytes?.count ?? 0)]
        try broadcast(&count, root: root)
        var result = rank == root ? bytes ?? [] : [UInt8](repeating: 0, count: Int(count[0]))
        try inPlace(&result, "broadcast") { parp_mpi_broadcast($0, Int64($1), Int32(root)) }
        return result
    }

    /// Gives the root the bytes of every rank.
    public func gather(_ bytes: [UInt8], root: Int) throws(CollectiveError) -> [[UInt8]]? {
        let counts = try allGather([UInt64(bytes.count)]).map { Int64($0[0]) }
        let total = rank == root ? Int(counts.reduce(0, +)) : 0
        var gathered = [UInt8](repeating: 0, count: max(1, total))
        try inPlace(&gathered, "gather") { pointer, _ in
            bytes.withUnsafeBytes { parp_mpi_gather($0.baseAddress, counts, pointer, Int32(root)) }
        }
        guard rank == root else { return nil }
        var start = 0
        return counts.map { count in
            defer { start += Int(count) }
            return Array(gathered[start..<start + Int(count)])
        }
    }

    /// Gives every rank the words of every rank.
    public func allGather(_ words: [UInt64]) throws(CollectiveError) -> [[UInt64]] {
        var gathered = [UInt64](repeating: 0, count: words.count * size)
        try inPlace(&gathered, "gather to all") { pointer, _ in
            words.withUnsafeBytes { parp_mpi_all_gather($0.baseAddress, Int64($0.count), pointer) }
        }
        return (0..<size).map { Array(gathered[$0 * words.count..<($0 + 1) * words.count]) }
    }

    /// Waits for all ranks.
    public func barrier() throws(CollectiveError) { try call("barrier") { parp_mpi_barrier() } }

    /// The error number with which the system refuses to read a neighbour's memory, or 0.
    ///
    /// Open MPI passes long messages inside a node that way.
    public func singleCopyError() throws(CollectiveError) -> Int {
        var error: [Int32] = [0]
        try inPlace(&error, "reading a neighbour's memory") { place, _ in parp_mpi_single_copy_error(place) }
        return Int(error[0])
    }

    /// The processor time that the MPI thread has used, after all earlier operations.
    public func processorSeconds() -> Double { thread.run { parp_mpi_thread_seconds() } }

    /// Finalises MPI; all ranks do.
    ///
    /// Not after a fault: the others may never come, and the launcher notices a rank that left without
    /// finalising.
    public func close() {
        _ = thread.run { self.attempt("leaving the run") { parp_mpi_finalize() } }
        thread.close()
    }

    /// Ends all ranks, even if the MPI thread is waiting inside a collective.
    ///
    /// MPI_Abort from a second thread is outside the FUNNELED contract, but it is the end of the process
    /// either way; should it not return control to the launcher, leaving with a code does.
    public func abort(code: Int32) -> Never {
        parp_mpi_abort(code)
        exit(code)
    }

    /// Runs a call that reads and writes an array, on the MPI thread.
    private func inPlace<Element: Sendable>(
        _ values: inout [Element], _ name: String,
        _ body: @escaping @Sendable (UnsafeMutablePointer<Element>, Int) -> Int32
    ) throws(CollectiveError) {
        let count = values.count
        let fault = values.withUnsafeMutableBufferPointer { buffer -> CollectiveError? in
            // The caller waits below until the MPI thread is done with the pointer.
            nonisolated(unsafe) let base = buffer.baseAddress
            return thread.run {
                guard let base else { return nil }
                return self.attempt(name) { body(base, count) }
            }
        }
        if let fault { throw fault }
    }
}

extension WireFormat {
    fileprivate var code: Int32 {
        switch self {
        case .float32: Int32(PARP_WIRE_FLOAT32)
        case .bfloat16: Int32(PARP_WIRE_BFLOAT16)
        }
    }
}

/// Joins the run that a launcher started, or creates a single-rank run without MPI.
///
/// `PARP_RANKS_PER_NODE` pretends that a machine is several nodes.
public func connect() throws(CollectiveError) -> any Communicator {
    let environment = ProcessInfo.processInfo.environment
    let launchers = ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE", "MPI_LOCALNRANKS"]
    guard launchers.contains(where: { environment[$0] != nil }) else { return SoloCommunicator() }
    guard let pretended = environment["PARP_RANKS_PER_NODE"] else { return try MPICommunicator() }
    guard let ranksPerNode = Int32(pretended), ranksPerNode > 0 else {
        throw CollectiveError(
            "joining the run", "PARP_RANKS_PER_NODE is \"\(pretended)\", not a number of ranks; unset it")
    }
    return try MPICommunicator(ranksPerNode: Int(ranksPerNode))
}

private func failure(_ name: String, _ status: Int32) -> CollectiveError? {
    guard status != 0 else { return nil }
    let reason =
        (try? text(1024, name) {
            parp_mpi_error_text(status, $0, $1); return 0
        }) ?? "code \(status)"
    return CollectiveError(
        name, "\(reason) (a rank or the network failed; see the first message of the job, then use --resume)",
        lostRank: status == Int32(PARP_RANK_LOST))
}

/// The only conversion from MPI's statuses to errors.
private func check(_ name: String, _ status: Int32) throws(CollectiveError) {
    if let failure = failure(name, status) { throw failure }
}

private func text(
    _ capacity: Int32, _ name: String, _ fill: (UnsafeMutablePointer<CChar>?, Int32) -> Int32
) throws(CollectiveError) -> String {
    var buffer = [CChar](repeating: 0, count: Int(capacity))
    let status = buffer.withUnsafeMutableBufferPointer { fill($0.baseAddress, capacity) }
    guard status == 0 else { throw CollectiveError(name, "code \(status)") }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
