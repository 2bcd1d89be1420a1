import Collectives
import Tensors

/// Broadcasts from every root, gathers to every root, small sums, of lengths from nothing on.
func checkMessages(_ communicator: MPICommunicator, _ findings: inout Findings) throws {
    for root in 0..<communicator.size {
        for count in [0, 1, 1000, 100_003] {
            try checkBroadcasts(communicator, root: root, count: count, &findings)
            try checkGather(communicator, root: root, count: count, &findings)
        }
    }
    for count in [0, 1, 5, 1000, 4099] { try checkSmallSums(communicator, count: count, &findings) }
    try communicator.barrier()
}

private func checkBroadcasts(
    _ communicator: MPICommunicator, root: Int, count: Int, _ findings: inout Findings
) throws {
    let isRoot = communicator.rank == root
    let where_ = "\(count) from rank \(root)"
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 31 + root) }
    findings.expect(
        try communicator.broadcastData(isRoot ? bytes : nil, root: root) == bytes,
        "bytes broadcast: \(where_)")
    let words = (0..<count).map { UInt64($0) << 32 | UInt64(root) }
    var received = isRoot ? words : Array(repeating: 0, count: count)
    try communicator.broadcast(&received, root: root)
    findings.expect(received == words, "words broadcast: \(where_)")
    let numbers = (0..<count).map { Double($0) / 3 + Double(root) }
    var receivedNumbers = isRoot ? numbers : Array(repeating: 0, count: count)
    try communicator.broadcast(&receivedNumbers, root: root)
    findings.expect(receivedNumbers == numbers, "numbers broadcast: \(where_)")
    let tensor = FlatBuffer(count: count)
    for index in 0..<count where isRoot { tensor.all[index] = number(index, rank: root) }
    try communicator.broadcast(tensor.all, root: root)
    let isSame = (0..<count).allSatisfy { tensor.all[$0] == number($0, rank: root) }
    findings.expect(isSame, "tensor broadcast: \(where_)")
}

private func checkGather(
    _ communicator: MPICommunicator, root: Int, count: Int, _ findings: inout Findings
) throws {
    // Every rank gives another length; the first gives nothing.
    let parts = (0..<communicator.size).map { rank in
        (0..<count * rank).map { UInt8(truncatingIfNeeded: $0 * 17 + rank) }
    }
    let gathered = try communicator.gather(parts[communicator.rank], root: root)
    findings.expect(
        gathered == (communicator.rank == root ? parts : nil), "gather of \(count) to rank \(root)")
    let words = (0..<communicator.size).map { rank in (0..<count).map { UInt64($0 * 1000 + rank) } }
    findings.expect(
        try communicator.allGather(words[communicator.rank]) == words, "gather of \(count) words to all")
}

private func checkSmallSums(
    _ communicator: MPICommunicator, count: Int, _ findings: inout Findings
) throws {
    let ranks = 0..<communicator.size
    func value(_ index: Int, _ rank: Int) -> Double { 1 / Double(index + 3 * rank + 1) }
    var numbers = (0..<count).map { value($0, communicator.rank) }
    try communicator.allReduceSum(&numbers)
    let expected = (0..<count).map { index in
        ranks.dropFirst().reduce(value(index, 0)) { $0 + value(index, $1) }
    }
    findings.expect(numbers == expected, "the sum of \(count) doubles, to the bit")
    var wholes = (0..<count).map { $0 - 500 + communicator.rank }
    try communicator.allReduceSum(&wholes)
    let expectedWholes = (0..<count).map { index in ranks.reduce(0) { $0 + index - 500 + $1 } }
    findings.expect(wholes == expectedWholes, "the sum of \(count) whole numbers")
}
