/// A holder of float32 numbers in one piece: all parameters, all gradients, one of Adam's moments.
public struct FlatBuffer: ~Copyable {
    /// Nil where the memory belongs to someone else.
    private let memory: VirtualMemory?
    /// Tells the memory's owner, if it is someone else, that the buffer has ended.
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

    /// Zeros in memory that its owner keeps longer than the buffer: what ranks share belongs to none of them.
    ///
    /// - Parameter release: Called when the buffer ends, for an owner who lends the memory again.
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
