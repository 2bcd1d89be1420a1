/// Memory for the activations of one step, allocated in order and freed all at once.
///
/// The arena reserves address space once and never moves, so views stay valid until the mark they were
/// allocated after is released. Pages stay resident between steps: after the longest batch a step allocates
/// nothing from the system, and after `prepare` no step does.
///
/// An arena of the counting device has no memory: it only counts what a pass would take.
public struct Arena: ~Copyable {
    /// Nil on the counting device.
    private var memory: VirtualMemory?
    private let base: UnsafeMutableRawPointer
    private var used = 0
    /// The most bytes ever in use at once.
    public private(set) var peakBytes = 0

    /// An arena that can grow to `capacityBytes` (by default, the machine's memory).
    public init(capacityBytes: Int = physicalMemoryBytes()) {
        let memory = VirtualMemory(reserving: capacityBytes)
        base = memory.base
        self.memory = consume memory
    }

    /// An arena without memory.
    private init() {
        memory = nil
        base = Device.countingStart
    }

    /// An arena that counts what a pass takes, without a limit.
    public static func counting() -> Arena { Arena() }

    /// Allocates and touches `bytes` now, so that no pass within them waits for the system.
    public mutating func prepare(bytes: Int) { memory?.populate(bytes) }

    /// A place in the arena, to which it can be rolled back.
    public struct Mark: Sendable { fileprivate let used: Int }

    /// The current position.
    public var mark: Mark { Mark(used: used) }

    /// Frees everything allocated since the mark; views allocated since are invalid.
    public mutating func release(to mark: Mark) {
        precondition(mark.used <= used, "an arena's marks are released in the reverse order")
        used = mark.used
    }

    /// Frees everything.
    public mutating func reset() { used = 0 }

    /// Allocates a matrix with undefined elements, aligned to 64 bytes.
    public mutating func tensor(rows: Int, columns: Int) -> Tensor {
        let pointer = bytes(rows * columns * MemoryLayout<Float>.stride)
        return Tensor(pointer.assumingMemoryBound(to: Float.self), rows: rows, columns: columns)
    }

    /// Allocates a matrix for products with undefined elements, aligned to 64 bytes.
    public mutating func matrix(rows: Int, columns: Int, precision: GEMMPrecision) -> Matrix {
        Matrix(
            bytes(rows * columns * precision.bytes), rows: rows, columns: columns, precision: precision)
    }

    /// Allocates a vector with undefined elements, as one row.
    public mutating func vector(_ count: Int) -> Tensor { tensor(rows: 1, columns: count) }

    /// Allocates a matrix of zeros.
    public mutating func zeros(rows: Int, columns: Int) -> Tensor {
        let result = tensor(rows: rows, columns: columns)
        result.fill(0)
        return result
    }

    private mutating func bytes(_ count: Int) -> UnsafeMutableRawPointer {
        let start = used
        // Each allocation begins at a cache line.
        used += (count + 63) & ~63
        memory?.commit(used)
        peakBytes = max(peakBytes, used)
        return base + start
    }
}
