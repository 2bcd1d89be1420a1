internal import Kernels
internal import Program
internal import Tensors

/// The memory bandwidth of one rank's threads outside caches: the limit of memory-bound kernels.
struct MemoryBandwidth {
    /// Bytes per second of reading.
    let read: Double
    /// Bytes per second of copying, counting both reads and writes.
    let copy: Double

    /// Measures passes over `elements` floats, the best of `repeats`: a limit, not an average.
    init(elements: Int, repeats: Int, by clock: () -> Double = { monotonicSeconds() }) {
        let from = FlatBuffer(count: elements)
        let to = FlatBuffer(count: elements)
        let (source, target) = (from.all, to.all)
        source.fill(1)
        target.fill(0)
        let bytes = Double(elements * MemoryLayout<Float>.stride)
        var isFinite = true
        read = bytes / bestSeconds(repeats, by: clock) { isFinite = allFinite(source) && isFinite }
        precondition(isFinite, "a buffer of ones is finite")
        copy =
            2 * bytes
            / bestSeconds(repeats, by: clock) {
                parallelFor(elements, grain: 65_536) { range in
                    target.elements(range).copy(from: source.elements(range))
                }
            }
    }
}

/// The shortest time of `body` in seconds, after an uncounted first call.
private func bestSeconds(
    _ repeats: Int, by clock: () -> Double, _ body: () throws -> Void
) rethrows -> Double {
    try body()
    var best = Double.infinity
    for _ in 0..<repeats {
        let start = clock()
        try body()
        best = min(best, clock() - start)
    }
    return best
}
