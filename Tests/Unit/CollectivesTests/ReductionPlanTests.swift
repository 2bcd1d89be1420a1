import Tensors
import TestSupport
import Testing

@testable import Collectives

struct ReductionPlanTests {
    private func points(latency: Double, secondsPerByte: Double) -> [ReductionProbe.Point] {
        [64 << 10, 256 << 10, 1 << 20, 4 << 20].map {
            .init(bytes: $0, seconds: latency + Double($0) * secondsPerByte)
        }
    }

    /// Solving two equations in double precision.
    private let fitTolerance = 1e-9

    @Test(
        "latency and bandwidth are found from sums of several lengths",
        arguments: [(50e-6, 1e-10), (2e-3, 8e-8)])
    func findsLatencyAndBandwidth(latency: Double, secondsPerByte: Double) {
        let probe = ReductionProbe(
            senders: .all, points: points(latency: latency, secondsPerByte: secondsPerByte))
        #expect(abs(probe.latency / latency - 1) < fitTolerance)
        #expect(abs(probe.secondsPerByte / secondsPerByte - 1) < fitTolerance)
    }

    @Test("noise that would make a latency negative makes it 0")
    func noNegativeLatency() {
        let probe = ReductionProbe(
            senders: .all,
            points: [.init(bytes: 1 << 20, seconds: 1e-3), .init(bytes: 4 << 20, seconds: 5e-3)])
        #expect(probe.latency == 0 && probe.secondsPerByte > 0)
    }

    @Test("no other bucket makes latencies and the last bucket cost less")
    func bestBucket() {
        let total = 378_000_000
        let probe = ReductionProbe(senders: .all, points: points(latency: 50e-6, secondsPerByte: 2e-10))
        func cost(_ bucket: Int) -> Double {
            Double(total) / Double(bucket) * probe.latency + Double(bucket) * probe.secondsPerByte
        }
        let best = probe.bestBucket(totalBytes: total)
        for bucket in [1 << 20, best / 2, best * 9 / 10, best * 11 / 10, best * 2, 64 << 20] {
            #expect(cost(best) <= cost(bucket))
        }
    }

    @Test("a plan that leaves nothing open asks nobody")
    func nothingToChoose() throws {
        let ranks = ThreadCommunicator.ranks(2)
        for outcome in runRanks(
            ranks,
            {
                try $0.planReduction(
                    of: FlatBuffer(count: 1 << 20).all, bucketBytes: 1000, senders: .automatic,
                    wire: .float32)
            })
        {
            let plan = try outcome.get()
            #expect(plan.bucketBytes == 1000 && plan.senders == .all && plan.probes.isEmpty)
            #expect(plan.groupSizes == [2])
        }
        for communicator in ranks { #expect(communicator.log == ["gather of 1 words to all"]) }
    }
}
