/// An owner of float32 numbers in one piece: all parameters, all gradients, one of Adam's moments.
public struct FlatBuffer: ~Copyable {
    private var memory: VirtualMemory
    /// The number of elements.
    public let count: Int

    /// `count` zeros.
    public init(count: Int) {
        self.count = count
        let bytes = max(1, count) * MemoryLayout<Float>.stride
        memory = VirtualMemory(reserving: bytes)
        memory.commit(bytes)
    }

    /// All elements, as one row.
    public var all: Tensor {
        Tensor(memory.base.assumingMemoryBound(to: Float.self), rows: 1, columns: count)
    }

    /// A range of elements, as one row.
    public subscript(range: Range<Int>) -> Tensor { all.elements(range) }
}
