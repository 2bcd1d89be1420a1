internal import Collectives
internal import Foundation
internal import Tensors
internal import Training

/// Nothing, one element, an odd number, and more than fits one message of a network.
private let sizes = [0, 1, 1001, 3_000_001]
/// Sizes of what travels in small messages.
private let smallSizes = [0, 1, 7, 10_001]

/// A number for a place and rank; whole and small, so that any order of summing gives the same float.
private func number(_ index: Int, rank: Int) -> Int { (index * 7 + rank * 13) % 101 - 50 }

private func total(_ index: Int, ranks: Int) -> Int {
    (0..<ranks).reduce(0) { $0 + number(index, rank: $1) }
}

/// Each operation of `Communicator`, by value.
func checkCollectives(_ runner: CheckRunner) throws {
    try checkSums(runner)
    try checkBroadcasts(runner)
    try checkGathers(runner)
    try runner.check("nobody passes a barrier before the last has come") { findings in
        // All ranks of the checks run on one machine, whose clock they share.
        let communicator = runner.communicator
        if communicator.rank == communicator.size - 1 { Thread.sleep(forTimeInterval: 0.05) }
        let came = ContinuousClock.now
        try communicator.barrier()
        let left = ContinuousClock.now
        for (rank, otherCame) in try runner.session.exchange(came).enumerated() {
            findings.expect(left >= otherCame, "left \(otherCame - left) before rank \(rank) came")
        }
    }
}

private func checkSums(_ runner: CheckRunner) throws {
    let communicator = runner.communicator
    let (rank, ranks) = (communicator.rank, communicator.size)
    try runner.check("a tensor of any size is summed in place") { findings in
        for size in sizes {
            let buffer = FlatBuffer(count: size)
            for index in 0..<size { buffer.all[index] = Float(number(index, rank: rank)) }
            try communicator.allReduceSum(buffer.all)
            let wrong = (0..<size).count { buffer.all[$0] != Float(total($0, ranks: ranks)) }
            findings.expect(wrong == 0, "\(wrong) of \(size) sums are wrong")
        }
    }
    try runner.check("numbers are summed in double, whole numbers exactly to the last bit") { findings in
        for size in smallSizes {
            // A 1/3 survives in double only, 2⁶⁰ + 1 in a whole number only.
            var numbers = (0..<size).map { Double(number($0, rank: rank)) / 3 }
            try communicator.allReduceSum(&numbers)
            let wrong = (0..<size).count { abs(numbers[$0] - Double(total($0, ranks: ranks)) / 3) > 1e-12 }
            findings.expect(wrong == 0, "\(wrong) of \(size) sums in double are wrong")
            var whole = (0..<size).map { number($0, rank: rank) + (rank == 0 ? 1 << 60 : 0) }
            try communicator.allReduceSum(&whole)
            let wrongWhole = (0..<size).count { whole[$0] != total($0, ranks: ranks) + 1 << 60 }
            findings.expect(wrongWhole == 0, "\(wrongWhole) of \(size) whole sums are wrong")
        }
    }
    try runner.check("sums that are not waited for come about in order") { findings in
        let buffer = FlatBuffer(count: 5000)
        for index in 0..<5000 { buffer.all[index] = Float(number(index, rank: rank)) }
        // Twice over the same elements: the second sums what the first left.
        let ranges = [4000..<5000, 4000..<5000, 1..<4000, 0..<1, 0..<0]
        let pending = ranges.map { communicator.enqueueSum(buffer[$0], wire: .float32, kept: nil) }
        for operation in pending.reversed() { try operation.wait() }
        let wrong = (0..<5000).count {
            let once = total($0, ranks: ranks)
            return buffer.all[$0] != Float($0 < 4000 ? once : once * ranks)
        }
        findings.expect(wrong == 0, "\(wrong) sums are wrong")
    }
}

private func checkBroadcasts(_ runner: CheckRunner) throws {
    let communicator = runner.communicator
    let (rank, ranks) = (communicator.rank, communicator.size)
    try runner.check("every rank's tensor, numbers and words reach all") { findings in
        for root in 0..<ranks {
            for size in sizes {
                let buffer = FlatBuffer(count: size)
                for index in 0..<size { buffer.all[index] = Float(number(index, rank: rank)) }
                try communicator.broadcast(buffer.all, root: root)
                let wrong = (0..<size).count { buffer.all[$0] != Float(number($0, rank: root)) }
                findings.expect(wrong == 0, "\(wrong) of \(size) floats of rank \(root)")
            }
            for size in smallSizes {
                var numbers = (0..<size).map { Double(number($0, rank: rank)) / 3 }
                try communicator.broadcast(&numbers, root: root)
                let expected = (0..<size).map { Double(number($0, rank: root)) / 3 }
                findings.expect(numbers == expected, "\(size) numbers of rank \(root)")
                var words = (0..<UInt64(size)).map { $0 &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(rank) }
                try communicator.broadcast(&words, root: root)
                let sent = (0..<UInt64(size)).map { $0 &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(root) }
                findings.expect(words == sent, "\(size) words of rank \(root)")
            }
        }
    }
    try runner.check("bytes of a length that only their rank knows reach all") { findings in
        for root in 0..<ranks {
            for size in smallSizes {
                let bytes = (0..<size + root).map { UInt8(truncatingIfNeeded: $0 * 31 + root) }
                let received = try communicator.broadcastData(rank == root ? bytes : nil, root: root)
                findings.expect(received == bytes, "\(size + root) bytes of rank \(root)")
            }
        }
    }
}

private func checkGathers(_ runner: CheckRunner) throws {
    let communicator = runner.communicator
    let (rank, ranks) = (communicator.rank, communicator.size)
    /// As many bytes from each rank as its place says, none from one.
    func bytes(_ rank: Int, size: Int) -> [UInt8] {
        rank % 3 == 1 ? [] : (0..<size + rank).map { UInt8(truncatingIfNeeded: $0 * 17 + rank) }
    }
    try runner.check("bytes of differing lengths are gathered at any rank, and there alone") { findings in
        for root in 0..<ranks {
            for size in smallSizes {
                let gathered = try communicator.gather(bytes(rank, size: size), root: root)
                let expected = rank == root ? (0..<ranks).map { bytes($0, size: size) } : nil
                findings.expect(gathered == expected, "\(size) bytes and more at rank \(root)")
            }
        }
    }
    try runner.check("every rank gets the words of all in the order of ranks") { findings in
        for size in smallSizes {
            let gathered = try communicator.allGather((0..<UInt64(size)).map { $0 << 32 | UInt64(rank) })
            let expected = (0..<UInt64(ranks)).map { rank in (0..<UInt64(size)).map { $0 << 32 | rank } }
            findings.expect(gathered == expected, "\(size) words")
        }
    }
}

/// `GradientReducer`: buckets of any size sum the same numbers and leave frozen ones alone.
func checkReductions(_ runner: CheckRunner) throws {
    let communicator = runner.communicator
    let (rank, ranks, count) = (communicator.rank, communicator.size, 10_007)
    try runner.check("gradients are summed in buckets of any size, and frozen ones left alone") { findings in
        for bucketBytes in [4, 4000, 40_000, 1 << 20] {
            for frozen in [0, 1, 4999, count] where bucketBytes > 4 || frozen > 4000 {
                let gradients = FlatBuffer(count: count)
                for index in 0..<count { gradients.all[index] = Float(number(index, rank: rank)) }
                var reducer = GradientReducer(
                    communicator: communicator, gradients: gradients.all, bucketBytes: bucketBytes)
                reducer.begin(trainableFrom: frozen)
                // A rank without utterances says nothing before the end.
                if rank % 2 == 0 {
                    for offset in [9000, 8999, 5000, 700] { reducer.gradientsFinal(from: offset) }
                }
                var extra = [Double(rank), 1]
                try reducer.finish(extra: &extra)
                findings.expect(extra == [Double(ranks * (ranks - 1) / 2), Double(ranks)], "extra: \(extra)")
                let wrong = (0..<count).count {
                    let expected = $0 < frozen ? number($0, rank: rank) : total($0, ranks: ranks)
                    return gradients.all[$0] != Float(expected)
                }
                findings.expect(wrong == 0, "\(wrong) wrong: buckets of \(bucketBytes), \(frozen) frozen")
            }
        }
    }
}
