import Collectives
import Foundation
import Tensors

/// What the checks of one rank found.
struct Findings {
    private(set) var count = 0
    private(set) var faults = 0
    let rank: Int

    init(rank: Int) { self.rank = rank }

    /// Notes whether something is so; says what is not.
    mutating func expect(_ isSo: Bool, _ sentence: @autoclosure () -> String) {
        count += 1
        guard !isSo else { return }
        faults += 1
        print("rank \(rank): not so: \(sentence())")
    }
}

/// A rank's numbers, which every rank can compute.
func number(_ index: Int, rank: Int) -> Float {
    // Of both signs and of magnitudes that differ, so that another order of summation gives other bits.
    let wave = Float((index * 7919 + rank * 104_729) % 20011) / 997 - 10
    return wave * (index % 3 == 0 ? 1 : 1.0 / 1024) + Float(rank) / 3
}

/// Rounds to bfloat16, to nearest and ties to even: another way than the shim's.
func bfloat16(_ value: Float) -> Float {
    // 2^16 + 1 times the value less the rest: Dekker's split leaves the upper 8 bits of the significand.
    let product = value * 65537
    let split = product - (product - value)
    return split
}

/// Which elements a mask keeps: about half, in no pattern that words repeat.
func isKept(_ index: Int) -> Bool { (index &* 2_654_435_761) >> 7 & 1 == 1 }

/// How the ranks are grouped, and what their sums must be.
struct Reference {
    /// The ranks of each node, in order.
    let nodes: [[Int]]

    init(_ communicator: MPICommunicator) throws {
        var nodes: [[Int]] = []
        for (rank, words) in try communicator.allGather([UInt64(communicator.groupRank)]).enumerated() {
            if words[0] == 0 { nodes.append([]) }
            nodes[nodes.count - 1].append(rank)
        }
        self.nodes = nodes
    }

    /// The sum of an element: within nodes in the order of ranks, then in the order of nodes.
    func sum(_ index: Int, wire: WireFormat, kept: Bool) -> Float {
        guard kept else { return 0 }
        let rounds = wire == .bfloat16 && nodes.count > 1
        let sums = nodes.map { ranks in
            ranks.dropFirst().reduce(number(index, rank: ranks[0])) { $0 + number(index, rank: $1) }
        }.map { rounds ? bfloat16($0) : $0 }
        let total = sums.dropFirst().reduce(sums[0], +)
        return rounds ? bfloat16(total) : total
    }
}
