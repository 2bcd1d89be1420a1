/// A contiguous buffer of float32 numbers: all parameters, all gradients, one of Adam's moments.
public struct FlatBuffer: ~Copyable {
    /// Nil if someone else owns the memory.
    private let memory: VirtualMemory?
    /// Notifies the memory's owner, if it is someone else, that the buffer has ended.
    private let release: (@Sendable () -> Void)?
    /// All elements, as one row.
    public let all: Tensor

    /// `count` zeros.
    public init(count: Int) {
        let bytes = max(1, count) * MemoryLayout<Float>.stride
        var memory = VirtualMemory(reserving: bytes)
        memory.commit(bytes)
        all = Tensor(memory.base.assumingMemoryBound(to: Float.self), rows: 1, columns: count)
        self.memory = .some(memory)
        release = nil
    }

    /// Zeros in memory that outlives the buffer: memory shared by ranks belongs to none of them.
    ///
    /// - Parameter release: Called when the buffer ends, so that the owner can reuse the memory.
    public init(over zeros: Tensor, release: (@Sendable () -> Void)? = nil) {
        memory = nil
        self.release = release
        all = zeros.reshaped(rows: 1, columns: zeros.count)
    }

    deinit { release?() }

    /// The number of elements.
    public var count: Int { all.count }

    /// A range of elements, as one row.
    public subscript(range: Range<Int>) -> Tensor { all.elements(range) }
}
