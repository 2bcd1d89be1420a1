import Collectives
import Foundation
import Tensors

/// A rank that waits uses no core: the thread that computes needs it.
func checkWaiting(_ communicator: MPICommunicator, _ findings: inout Findings) throws {
    let memory = try communicator.makeBuffer(count: 1000)
    let buffer = memory.all
    let seconds = 2.0
    let waits: [(String, () throws -> Void)] = [
        ("a barrier", { try communicator.barrier() }),
        ("a sum", { try communicator.enqueueSum(buffer, wire: .float32, kept: nil).wait() }),
    ]
    for (name, wait) in waits {
        try communicator.barrier()
        let before = communicator.processorSeconds()
        if communicator.rank == communicator.size - 1 { Thread.sleep(forTimeInterval: seconds) }
        try wait()
        let used = communicator.processorSeconds() - before
        let share = 100 * used / seconds
        if communicator.rank == 0 {
            print(String(format: "waiting %.0f s at %@ used %.2f %% of a core", seconds, name, share))
        }
        // A spinning wait would use 100 %; how much a sleeping one uses depends on how the machine keeps time.
        findings.expect(share < 15, "waiting at \(name) uses below 15 % of a core, not \(share)")
    }
}

/// Ranks that make different calls get an error, instead of summing mismatched data.
func checkOutOfStep(_ communicator: MPICommunicator, _ findings: inout Findings) throws {
    let tensor = FlatBuffer(count: 100)
    let isLast = communicator.rank == communicator.size - 1
    do {
        if isLast { try communicator.barrier() } else { try communicator.allReduceSum(tensor.all) }
        findings.expect(false, "a barrier beside a sum is a fault")
    } catch {
        let (own, other) = isLast ? ("barrier", "sum") : ("sum", "barrier")
        let says = error.reason.contains("rank") && error.reason.contains("\(other) of")
        findings.expect(
            says && error.operation.hasPrefix(own), "the fault names both calls and a rank: \(error)")
    }
    do {
        try communicator.barrier()
        findings.expect(false, "after a fault nothing works any more")
    } catch {}
}

/// A rank that ends while others wait for it is named by them, and nobody hangs.
func checkLostRank(_ communicator: MPICommunicator, _ findings: inout Findings) throws {
    let last = communicator.size - 1
    try communicator.barrier()
    if communicator.rank == last { kill(getpid(), SIGKILL) }
    let start = Date()
    do {
        try communicator.barrier()
        findings.expect(false, "a barrier without rank \(last) is a fault")
    } catch {
        findings.expect(
            "\(error)".hasPrefix("barrier: rank \(last) has ended"), "the fault names the rank: \(error)")
        findings.expect(Date().timeIntervalSince(start) < 5, "it comes within seconds")
    }
}
