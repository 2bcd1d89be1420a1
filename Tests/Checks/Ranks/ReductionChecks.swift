internal import Collectives
internal import Foundation
internal import Session
internal import Tensors

/// A number for a place and rank; whole and small, so that any order of summing gives the same float.
private func number(_ index: Int, rank: Int) -> Int { (index * 7 + rank * 13) % 101 - 50 }

private func total(_ index: Int, ranks: Int) -> Int {
    (0..<ranks).reduce(0) { $0 + number(index, rank: $1) }
}

/// What is built on a communicator's operations; those have checks of their own in Tests/Checks/Collectives.
func checkReductions(_ runner: CheckRunner) throws {
    let communicator = runner.communicator
    try runner.check("nobody passes a barrier before the last has come") { findings in
        // All ranks of the checks share one machine's clock.
        if communicator.rank == communicator.size - 1 { Thread.sleep(forTimeInterval: 0.05) }
        let came = ContinuousClock.now
        try communicator.barrier()
        let left = ContinuousClock.now
        for (rank, otherCame) in try runner.session.exchange(came).enumerated() {
            findings.expect(left >= otherCame, "left \(otherCame - left) before rank \(rank) came")
        }
    }
    try runner.check("gradients are summed in buckets of any size, and frozen ones left alone") { findings in
        let gradients = try communicator.makeBuffer(count: 10_007)
        for bucketBytes in [4, 4000, 40_000, 1 << 20] {
            for frozen in [0, 1, 4999, 10_007] {
                let reduction = Reduction(bucketBytes: bucketBytes, frozen: frozen, kept: nil)
                try reduction.check(gradients.all, communicator, &findings)
            }
        }
    }
    try runner.check("with a mask that does not change, gradients of pruned weights are 0") { findings in
        let gradients = try communicator.makeBuffer(count: 10_007)
        let words = (0..<UInt64(157)).map { $0 &* 0x9E37_79B9_7F4A_7C15 }
        for bucketBytes in [4000, 1 << 20] {
            let reduction = Reduction(
                bucketBytes: bucketBytes, frozen: 77, kept: KeptElements(words: words))
            try reduction.check(gradients.all, communicator, &findings)
        }
    }
}

/// One update's reduction of known numbers.
private struct Reduction {
    let bucketBytes: Int
    let frozen: Int
    let kept: KeptElements?

    func check(
        _ gradients: Tensor, _ communicator: any Communicator, _ findings: inout Findings
    ) throws {
        let (rank, ranks) = (communicator.rank, communicator.size)
        for index in 0..<gradients.count { gradients[index] = Float(number(index, rank: rank)) }
        var reducer = GradientReducer(
            communicator: communicator, gradients: gradients, bucketBytes: bucketBytes)
        reducer.begin(trainableFrom: frozen, kept: kept)
        // A rank without utterances says nothing before the end.
        if rank % 2 == 0 { for offset in [9000, 8999, 5000, 700] { reducer.gradientsFinal(from: offset) } }
        var extra = [Double(rank), 1]
        try reducer.finish(extra: &extra)
        findings.expect(extra == [Double(ranks * (ranks - 1) / 2), Double(ranks)], "extra: \(extra)")
        let wrong = (0..<gradients.count).count { gradients[$0] != expected($0, rank: rank, ranks: ranks) }
        findings.expect(wrong == 0, "\(wrong) wrong: buckets of \(bucketBytes), \(frozen) frozen")
    }

    private func expected(_ index: Int, rank: Int, ranks: Int) -> Float {
        if index < frozen { return Float(number(index, rank: rank)) }
        if let kept, !kept[index] { return 0 }
        return Float(total(index, ranks: ranks))
    }
}
