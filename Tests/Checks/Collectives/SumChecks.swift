import Collectives
import Tensors

/// Sums of every kind of memory, count, wire and mask, to the bit.
func checkSums(_ communicator: MPICommunicator, _ findings: inout Findings) throws {
    let reference = try Reference(communicator)
    // The last is longer than the staging area, and not a multiple of anything.
    let counts = [0, 1, 2, 15, 16, 17, 63, 1000, 4099, 1_100_003]
    let largest = counts[counts.count - 1] + 3
    let shared = try communicator.makeBuffer(count: largest)
    let ordinary = FlatBuffer(count: largest)
    let words = (0..<(largest + 63) / 64).map { word in
        (0..<64).reduce(UInt64(0)) { $0 | (isKept(word * 64 + $1) ? 1 << UInt64($1) : 0) }
    }
    for (memory, buffer) in [("shared", shared.all), ("private", ordinary.all)] {
        for count in counts {
            for wire in WireFormat.allCases {
                for masks in [false, true] {
                    // Neither the tensor nor its first bit lies on a boundary.
                    let start = count % 2 == 0 ? 3 : 0
                    let tensor = buffer.elements(start..<start + count)
                    for index in 0..<count {
                        tensor[index] = number(start + index, rank: communicator.rank)
                    }
                    let kept = masks ? KeptElements(words: words).from(start) : nil
                    try communicator.enqueueSum(tensor, wire: wire, kept: kept).wait()
                    let wrong = (0..<count).first {
                        let index = start + $0
                        let sum = reference.sum(index, wire: wire, kept: !masks || isKept(index))
                        return tensor[$0].bitPattern != sum.bitPattern
                    }
                    findings.expect(
                        wrong == nil,
                        "the sum of \(count) floats in \(memory) memory as \(wire)\(masks ? ", half kept," : "") "
                            + "is right at element \(wrong ?? 0)")
                }
            }
        }
    }
}

/// Sums that are under way together end in order, each with its own result.
func checkManySums(_ communicator: MPICommunicator, _ findings: inout Findings) throws {
    let reference = try Reference(communicator)
    let memory = try communicator.makeBuffer(count: 100_000)
    let buffer = memory.all
    for index in 0..<buffer.count { buffer[index] = number(index, rank: communicator.rank) }
    let pending = (0..<100).reversed().map {
        communicator.enqueueSum(buffer.elements($0 * 1000..<($0 + 1) * 1000), wire: .float32, kept: nil)
    }
    for operation in pending { try operation.wait() }
    let isRight = (0..<buffer.count).allSatisfy {
        buffer[$0] == reference.sum($0, wire: .float32, kept: true)
    }
    findings.expect(isRight, "100 sums under way at once are each right")
}

/// Sums of up to five numbers of magnitude 10, in any order, differ by a few times 10 × 2⁻²⁴.
private let otherOrderTolerance: Float = 1e-4

/// The flat sum of the MPI library, with which ours is compared, is the same up to rounding.
func checkLibrarySum(_ communicator: MPICommunicator, _ findings: inout Findings) throws {
    let reference = try Reference(communicator)
    let memory = FlatBuffer(count: 4099)
    let buffer = memory.all
    for index in 0..<buffer.count { buffer[index] = number(index, rank: communicator.rank) }
    try communicator.enqueueLibrarySum(buffer).wait()
    let isRight = (0..<buffer.count).allSatisfy {
        abs(buffer[$0] - reference.sum($0, wire: .float32, kept: true)) < otherOrderTolerance
    }
    findings.expect(isRight, "MPI_Allreduce gives the same sums")
}
