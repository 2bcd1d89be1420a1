import Collectives
import Tensors

/// A plan is the same on all ranks, is as requested, and leaves the gradients unchanged.
func checkPlan(_ communicator: MPICommunicator, _ findings: inout Findings) throws {
    let gradients = try communicator.makeBuffer(count: 3 << 20)
    let chosen = try communicator.planReduction(
        of: gradients.all, bucketBytes: nil, senders: .automatic, wire: .float32)
    let asked = try communicator.planReduction(
        of: gradients.all, bucketBytes: 5 << 20, senders: .leaders, wire: .float32)
    findings.expect(
        asked.bucketBytes == 5 << 20 && asked.senders == .leaders, "what was asked for is planned")
    findings.expect(asked.probes.isEmpty, "nothing is probed where nothing is to be chosen")

    let sizes = try Reference(communicator).nodes.map(\.count).sorted(by: >)
    findings.expect(chosen.groupSizes == sizes, "the nodes' sizes are \(sizes), not \(chosen.groupSizes)")
    findings.expect((1 << 20...64 << 20).contains(chosen.bucketBytes), "a bucket of \(chosen.bucketBytes)")
    let ways = communicator.size == 1 ? 0 : sizes.count > 1 && sizes[sizes.count - 1] > 1 ? 2 : 1
    findings.expect(chosen.probes.count == ways, "\(chosen.probes.count) ways were probed, not \(ways)")
    let isMeasured = chosen.probes.allSatisfy { $0.points.count >= 2 && $0.seconds(bytes: 1 << 20) > 0 }
    findings.expect(isMeasured, "each way has a cost: \(chosen.probes)")
    let words = [UInt64(chosen.bucketBytes), chosen.senders == .leaders ? 1 : 0]
    let plans = try communicator.allGather(words)
    findings.expect(plans.allSatisfy { $0 == plans[0] }, "all ranks have the same plan, not \(plans)")
    let isZero = (0..<gradients.all.count).allSatisfy { gradients.all[$0] == 0 }
    findings.expect(isZero, "the gradients are zeros still")
    if communicator.rank == 0 { print(chosen.description) }
}
