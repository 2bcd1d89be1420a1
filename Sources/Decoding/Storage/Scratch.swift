/// Temporary storage while a language model is built: a file, or memory for small models.
///
/// This is the room's only access to a disk.
public protocol Scratch: AnyObject {
    /// The number of bytes put aside.
    var count: Int { get }
    /// Adds bytes at the end.
    func append(_ bytes: [UInt8]) throws
    /// The bytes of a range, which must lie inside.
    func read(_ range: Range<Int>) throws -> [UInt8]
}

/// The resources for building a language model: memory, and scratch for the excess.
public struct Workspace {
    /// The bytes that are sorted at once.
    public let memoryBytes: Int
    /// Opens an empty piece of scratch, removed with the last reference to it.
    public let scratch: () throws -> any Scratch

    /// A place to work.
    public init(memoryBytes: Int, scratch: @escaping () throws -> any Scratch) {
        self.memoryBytes = memoryBytes
        self.scratch = scratch
    }

    /// Only memory, for small models.
    public static func inMemory(bytes: Int = 64 << 20) -> Workspace {
        Workspace(memoryBytes: bytes) { MemoryScratch() }
    }
}

/// Scratch in memory.
final class MemoryScratch: Scratch {
    // A class, as the protocol's files are: a piece has one end, which its writer moves.
    private var bytes: [UInt8] = []

    var count: Int { bytes.count }

    func append(_ more: [UInt8]) { bytes += more }

    func read(_ range: Range<Int>) -> [UInt8] { Array(bytes[range]) }
}

/// A buffer in front of scratch.
struct ScratchWriter {
    private static let bufferBytes = 1 << 18
    let scratch: any Scratch
    private var buffer: [UInt8] = []
    private var flushed = 0

    init(_ scratch: any Scratch) { self.scratch = scratch }

    mutating func append(_ number: some FixedWidthInteger) throws {
        buffer.append(littleEndian: number)
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    mutating func append(_ bytes: [UInt8]) throws {
        buffer += bytes
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    /// Adds all of another piece, and zeros up to a multiple of 8 bytes.
    mutating func append(copying other: any Scratch) throws {
        for start in stride(from: 0, to: other.count, by: Self.bufferBytes) {
            try append(other.read(start..<min(other.count, start + Self.bufferBytes)))
        }
        try pad()
    }

    /// Adds zeros up to a multiple of 8 bytes.
    mutating func pad() throws {
        try append([UInt8](repeating: 0, count: (8 - (flushed + buffer.count) % 8) % 8))
    }

    /// Hands everything on.
    ///
    /// The buffer keeps its memory.
    mutating func flush() throws {
        guard !buffer.isEmpty else { return }
        try scratch.append(buffer)
        flushed += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }
}

/// Numbers of a few bits each on their way to scratch.
struct PackedWriter {
    private var writer: ScratchWriter
    private let width: Int
    private var pending: UInt64 = 0
    private var used = 0

    var scratch: any Scratch { writer.scratch }

    init(_ scratch: any Scratch, width: Int) {
        writer = ScratchWriter(scratch)
        self.width = width
    }

    mutating func append(_ number: Int) throws {
        // At most 7 bits wait, and a number has at most 57.
        pending |= UInt64(number) << UInt64(used)
        used += width
        while used >= 8 {
            try writer.append(UInt8(truncatingIfNeeded: pending))
            pending >>= 8
            used -= 8
        }
    }

    /// Writes the last bits, and eight bytes that let readers take eight at a time.
    mutating func finish() throws {
        if used > 0 { try writer.append(UInt8(truncatingIfNeeded: pending)) }
        try writer.append(UInt64(0))
        try writer.flush()
    }
}
