/// The bytes within a gzip stream (RFC 1952) of deflated blocks (RFC 1951), piece by piece.
public func inflate(_ source: @escaping ByteSource) -> ByteSource {
    var inflater = Inflater(source)
    return { try inflater.next() }
}

/// Inflates in bounded memory: the last 32 KiB of output, and the current piece.
struct Inflater {
    private static let window = 1 << 15
    private static let pieceBytes = 1 << 18

    private enum State {
        case member
        case block
        case stored(Int)
        case codes(literals: HuffmanCode, distances: HuffmanCode)
        case trailer
        case end
    }

    private var input: BitInput
    private var state = State.member
    private var isLastBlock = false
    private var isFirstMember = true
    /// The window, and what follows it.
    private var output: [UInt8] = []
    /// How much of the output was passed on.
    private var given = 0

    init(_ source: @escaping ByteSource) { input = BitInput(source) }

    mutating func next() throws -> [UInt8]? {
        if given > Self.window {
            output.removeFirst(given - Self.window)
            given = Self.window
        }
        while output.count - given < Self.pieceBytes {
            if case .end = state { break }
            try step()
        }
        guard output.count > given else { return nil }
        defer { given = output.count }
        return Array(output[given...])
    }

    private mutating func step() throws {
        switch state {
        case .member: try header()
        case .block: try block()
        case .stored(let left):
            let count = min(left, Self.pieceBytes)
            for _ in 0..<count { output.append(UInt8(try input.bits(8))) }
            state = left > count ? .stored(left - count) : afterBlock
        case .codes(let literals, let distances): try symbols(literals, distances)
        case .trailer:
            input.alignToByte()
            // A checksum and the length, ignored: the text is checked by its reader.
            for _ in 0..<8 { _ = try input.bits(8) }
            state = .member
        case .end: break
        }
    }

    private var afterBlock: State { isLastBlock ? .trailer : .block }

    private mutating func header() throws {
        // Members may follow one another; none at all is no stream.
        if try input.isAtEnd(), !isFirstMember {
            state = .end
            return
        }
        isFirstMember = false
        guard try input.bits(16) == 0x8B1F, try input.bits(8) == 8 else { throw broken }
        let flags = try input.bits(8)
        for _ in 0..<6 { _ = try input.bits(8) }
        if flags & 4 != 0 { for _ in 0..<(try input.bits(16)) { _ = try input.bits(8) } }
        for flag in [8, 16] where flags & flag != 0 { while try input.bits(8) != 0 {} }
        if flags & 2 != 0 { _ = try input.bits(16) }
        state = .block
    }

    private mutating func block() throws {
        isLastBlock = try input.bits(1) == 1
        switch try input.bits(2) {
        case 0:
            input.alignToByte()
            let count = try input.bits(16)
            guard try input.bits(16) == count ^ 0xFFFF else { throw broken }
            state = .stored(count)
        case 1: state = .codes(literals: Self.fixedLiterals, distances: Self.fixedDistances)
        case 2: state = try codes()
        default: throw broken
        }
    }

    /// The codes of a block, whose lengths are coded themselves (RFC 1951, section 3.2.7).
    private mutating func codes() throws -> State {
        let literals = try input.bits(5) + 257
        let distances = try input.bits(5) + 1
        let count = try input.bits(4) + 4
        var lengths = [UInt8](repeating: 0, count: 19)
        for place in Self.codeLengthOrder.prefix(count) { lengths[place] = UInt8(try input.bits(3)) }
        let code = HuffmanCode(lengths)
        var all: [UInt8] = []
        while all.count < literals + distances {
            let symbol = try code.next(&input)
            switch symbol {
            case 16:
                guard let last = all.last else { throw broken }
                all += [UInt8](repeating: last, count: try input.bits(2) + 3)
            case 17: all += [UInt8](repeating: 0, count: try input.bits(3) + 3)
            case 18: all += [UInt8](repeating: 0, count: try input.bits(7) + 11)
            default: all.append(UInt8(symbol))
            }
        }
        guard all.count == literals + distances else { throw broken }
        return .codes(
            literals: HuffmanCode(Array(all[..<literals])), distances: HuffmanCode(Array(all[literals...])))
    }

    private mutating func symbols(_ literals: HuffmanCode, _ distances: HuffmanCode) throws {
        while output.count - given < Self.pieceBytes {
            let symbol = try literals.next(&input)
            if symbol < 256 {
                output.append(UInt8(symbol))
                continue
            }
            guard symbol > 256 else {
                state = afterBlock
                return
            }
            guard symbol < 286 else { throw broken }
            let length = try Self.lengthBase[symbol - 257] + input.bits(Self.lengthBits[symbol - 257])
            let code = try distances.next(&input)
            guard code < 30 else { throw broken }
            let distance = try Self.distanceBase[code] + input.bits(Self.distanceBits[code])
            guard distance <= output.count else { throw broken }
            for _ in 0..<length { output.append(output[output.count - distance]) }
        }
    }

    private static let codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    private static let lengthBase = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163,
        195,
        227, 258,
    ]
    private static let lengthBits = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distanceBase = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073,
        4097, 6145, 8193, 12289, 16385, 24577,
    ]
    private static let distanceBits = (0..<30).map { max(0, $0 / 2 - 1) }
    private static let fixedLiterals = HuffmanCode(
        (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
    private static let fixedDistances = HuffmanCode([UInt8](repeating: 5, count: 30))
}

private let broken = DecodingError("is not a gzip stream, or is damaged")

/// Bits of a stream of bytes, the lowest of each byte first.
struct BitInput {
    private let source: ByteSource
    private var bytes: [UInt8] = []
    private var place = 0
    private var pending: UInt64 = 0
    private var available = 0

    init(_ source: @escaping ByteSource) { self.source = source }

    mutating func bits(_ count: Int) throws -> Int {
        while available < count {
            guard try refill() else { throw DecodingError("ends within a gzip stream") }
        }
        defer {
            pending >>= UInt64(count)
            available -= count
        }
        return Int(pending & (1 << UInt64(count) - 1))
    }

    mutating func alignToByte() {
        pending >>= UInt64(available % 8)
        available -= available % 8
    }

    mutating func isAtEnd() throws -> Bool {
        if available > 0 { return false }
        return try !refill()
    }

    /// Takes one byte more.
    private mutating func refill() throws -> Bool {
        while place == bytes.count {
            guard let more = try source() else { return false }
            (bytes, place) = (more, 0)
        }
        pending |= UInt64(bytes[place]) << UInt64(available)
        available += 8
        place += 1
        return true
    }
}

/// A canonical Huffman code (RFC 1951, section 3.2.2), decoded a bit at a time by the counts of each length.
struct HuffmanCode {
    private var counts = [Int](repeating: 0, count: 16)
    private var symbols: [Int] = []

    init(_ lengths: [UInt8]) {
        for length in lengths where length > 0 { counts[Int(length)] += 1 }
        for length in 1..<UInt8(16) {
            for symbol in lengths.indices where lengths[symbol] == length { symbols.append(symbol) }
        }
    }

    func next(_ input: inout BitInput) throws -> Int {
        var (code, first, index) = (0, 0, 0)
        for length in 1..<16 {
            code |= try input.bits(1)
            let count = counts[length]
            if code - first < count {
                let place = index + code - first
                guard place >= 0 && place < symbols.count else { throw broken }
                return symbols[place]
            }
            index += count
            first = (first + count) << 1
            code <<= 1
        }
        throw broken
    }
}
