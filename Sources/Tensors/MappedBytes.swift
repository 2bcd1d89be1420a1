#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Bytes of a mapped file, which all ranks of a node share, or of a copy in memory.
///
/// A class, because a mapping ends once, with its last reader.
public final class MappedBytes: Sendable {
    @usableFromInline nonisolated(unsafe) let base: UnsafeRawPointer
    /// The number of bytes.
    public let count: Int
    private let isMapping: Bool

    /// A copy of an array.
    public init(_ bytes: [UInt8]) {
        let copy = UnsafeMutableRawPointer.allocate(byteCount: max(1, bytes.count), alignment: 64)
        bytes.withUnsafeBytes { source in
            if let start = source.baseAddress { copy.copyMemory(from: start, byteCount: source.count) }
        }
        base = UnsafeRawPointer(copy)
        count = bytes.count
        isMapping = false
    }

    /// The first `count` bytes of an open file, which may be closed after that; nil if the system refuses.
    public init?(mapping descriptor: Int32, count: Int) {
        guard count > 0, let address = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0),
            address != MAP_FAILED
        else { return nil }
        base = UnsafeRawPointer(address)
        self.count = count
        isMapping = true
    }

    deinit {
        let memory = UnsafeMutableRawPointer(mutating: base)
        if isMapping { munmap(memory, count) } else { memory.deallocate() }
    }

    /// A little-endian number at an offset, which must lie inside.
    @inlinable
    public func integer<Value: FixedWidthInteger>(_: Value.Type, at offset: Int) -> Value {
        precondition(offset >= 0 && offset <= count - MemoryLayout<Value>.size, "outside the bytes")
        return Value(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    /// A little-endian float32 at an offset, which must lie inside.
    @inlinable
    public func float(at offset: Int) -> Float { Float(bitPattern: integer(UInt32.self, at: offset)) }

    /// The byte at an offset, which must lie inside.
    @inlinable
    public subscript(offset: Int) -> UInt8 {
        precondition(offset >= 0 && offset < count, "outside the bytes")
        return base.load(fromByteOffset: offset, as: UInt8.self)
    }

    /// A number of up to 57 bits starting at a bit; eight bytes from its first on must be inside.
    @inlinable
    public func bits(at bit: Int, count width: Int) -> UInt64 {
        integer(UInt64.self, at: bit >> 3) >> UInt64(bit & 7) & (1 << UInt64(width) - 1)
    }

    /// A copy of a range, which must lie inside.
    public func copy(_ range: Range<Int>) -> [UInt8] {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "outside the bytes")
        return Array(UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count))
    }

    /// Lets the memory of what was read go, which the file still holds: for who reads a large file once, from its
    /// beginning on.
    public func release(before end: Int) {
        // Whole pages, whatever their size.
        let page = 1 << 16
        let length = min(end, count) / page * page
        if isMapping && length > 0 {
            madvise(UnsafeMutableRawPointer(mutating: base), length, MADV_DONTNEED)
        }
    }

    /// How a range orders against other bytes, byte by byte, the shorter before what it begins.
    public func compare(_ range: Range<Int>, with other: [UInt8]) -> Int {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "outside the bytes")
        let common = min(range.count, other.count)
        let order = other.withUnsafeBytes { bytes in
            bytes.baseAddress.map { memcmp(base + range.lowerBound, $0, common) } ?? 0
        }
        return order != 0 ? Int(order) : range.count - other.count
    }
}
