internal import CMPI
internal import Foundation
public import Tensors

/// The ranks that `mpirun` or `srun` started.
///
/// One thread, `mpi`, initialises, calls and finalises; others hand it work.
///
/// A class: the thread and its callers share it.
public final class MPICommunicator: Communicator {
    /// This rank, from 0.
    public let rank: Int
    /// The number of ranks.
    public let size: Int
    /// The machine this rank runs on.
    public let hostName: String
    /// Open MPI's name and version.
    public let libraryVersion: String
    /// This rank among those of its node.
    public let nodeRank: Int
    /// The ranks of this node.
    public let nodeSize: Int
    private let thread: WorkerThread

    private struct Facts: Sendable {
        var rank: Int32 = 0
        var size: Int32 = 0
        var nodeRank: Int32 = 0
        var nodeSize: Int32 = 0
        var host = ""
        var version = ""
    }

    /// Joins the run.
    public init() throws(CollectiveError) {
        let thread = WorkerThread(name: "mpi")
        let outcome = thread.run { () -> Result<Facts, CollectiveError> in
            Result { () throws(CollectiveError) -> Facts in
                var facts = Facts()
                try check("MPI_Init_thread", parp_mpi_init())
                try check("MPI_Comm_rank", parp_mpi_rank(&facts.rank, &facts.size))
                try check("MPI_Comm_split_type", parp_mpi_node_rank(&facts.nodeRank, &facts.nodeSize))
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
        hostName = facts.host
        libraryVersion = facts.version
    }

    /// Runs a call on the MPI thread, behind all earlier ones, and waits for it.
    private func call(
        _ name: String, _ body: @escaping @Sendable () -> Int32
    ) throws(CollectiveError) {
        try check(name, thread.run(body))
    }

    /// Sums a tensor over all ranks, in place.
    public func allReduceSum(_ tensor: Tensor) throws(CollectiveError) {
        try enqueueSum(tensor).wait()
    }

    /// Sums a tensor behind all earlier operations, without waiting.
    public func enqueueSum(_ tensor: Tensor) -> PendingOperation {
        let pending = PendingOperation()
        thread.enqueue {
            let start = ContinuousClock.now
            let status = parp_mpi_all_reduce_sum_float(tensor.pointer, Int64(tensor.count))
            let elapsed = (ContinuousClock.now - start).components
            pending.finish(
                error: failure("MPI_Allreduce", status),
                seconds: Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18)
        }
        return pending
    }

    /// Sums numbers over all ranks, in place.
    public func allReduceSum(_ values: inout [Double]) throws(CollectiveError) {
        try inPlace(&values, "MPI_Allreduce") { parp_mpi_all_reduce_sum_double($0, Int64($1)) }
    }

    /// Sums whole numbers over all ranks, in place.
    public func allReduceSum(_ values: inout [Int]) throws(CollectiveError) {
        var numbers = values.map(Int64.init)
        try inPlace(&numbers, "MPI_Allreduce") { parp_mpi_all_reduce_sum_int64($0, Int64($1)) }
        values = numbers.map(Int.init)
    }

    /// Gives every rank the root's tensor.
    public func broadcast(_ tensor: Tensor, root: Int) throws(CollectiveError) {
        try call("MPI_Bcast") {
            parp_mpi_broadcast(tensor.pointer, Int64(tensor.count * MemoryLayout<Float>.stride), Int32(root))
        }
    }

    /// Gives every rank the root's numbers.
    public func broadcast(_ values: inout [Double], root: Int) throws(CollectiveError) {
        try inPlace(&values, "MPI_Bcast") { parp_mpi_broadcast($0, Int64($1 * 8), Int32(root)) }
    }

    /// Gives every rank the root's words.
    public func broadcast(_ words: inout [UInt64], root: Int) throws(CollectiveError) {
        try inPlace(&words, "MPI_Bcast") { parp_mpi_broadcast($0, Int64($1 * 8), Int32(root)) }
    }

    /// Gives every rank the root's bytes, of whatever length.
    public func broadcastData(_ bytes: [UInt8]?, root: Int) throws(CollectiveError) -> [UInt8] {
        var count = [UInt64(bytes?.count ?? 0)]
        try broadcast(&count, root: root)
        var result = rank == root ? bytes ?? [] : [UInt8](repeating: 0, count: Int(count[0]))
        try inPlace(&result, "MPI_Bcast") { parp_mpi_broadcast($0, Int64($1), Int32(root)) }
        return result
    }

    /// Gives the root the bytes of every rank.
    public func gather(_ bytes: [UInt8], root: Int) throws(CollectiveError) -> [[UInt8]]? {
        let counts = try allGather([UInt64(bytes.count)]).map { Int64($0[0]) }
        let total = rank == root ? Int(counts.reduce(0, +)) : 0
        var gathered = [UInt8](repeating: 0, count: max(1, total))
        try inPlace(&gathered, "MPI_Send") { pointer, _ in
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
        try inPlace(&gathered, "MPI_Allgather") { pointer, _ in
            words.withUnsafeBytes { parp_mpi_all_gather($0.baseAddress, Int64($0.count), pointer) }
        }
        return (0..<size).map { Array(gathered[$0 * words.count..<($0 + 1) * words.count]) }
    }

    /// Waits for all ranks.
    public func barrier() throws(CollectiveError) { try call("MPI_Barrier") { parp_mpi_barrier() } }

    /// Finalises MPI; all ranks do.
    public func close() {
        _ = thread.run { parp_mpi_finalize() }
        thread.close()
    }

    /// Ends all ranks, though the MPI thread may be waiting inside a collective.
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
        let status = values.withUnsafeMutableBufferPointer { buffer -> Int32 in
            // The caller waits below until the MPI thread is done with the pointer.
            nonisolated(unsafe) let base = buffer.baseAddress
            return thread.run {
                guard let base else { return 0 }
                return body(base, count)
            }
        }
        try check(name, status)
    }
}

/// Joins the run that a launcher started, or makes a run of one rank without touching MPI.
public func connect() throws(CollectiveError) -> any Communicator {
    let environment = ProcessInfo.processInfo.environment
    let launchers = ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE", "MPI_LOCALNRANKS"]
    guard launchers.contains(where: { environment[$0] != nil }) else { return SoloCommunicator() }
    return try MPICommunicator()
}

private func failure(_ name: String, _ status: Int32) -> CollectiveError? {
    guard status != 0 else { return nil }
    let reason =
        (try? text(1024, name) {
            parp_mpi_error_text(status, $0, $1); return 0
        }) ?? "code \(status)"
    return CollectiveError(
        name, "\(reason) (a rank or the network failed; see the first message of the job, then use --resume)")
}

/// The one gate from MPI's statuses to errors.
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
