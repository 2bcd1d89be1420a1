/// A source of bytes, piece by piece; nil at the end.
public typealias ByteSource = () throws -> [UInt8]?

/// The lines of a text read piece by piece.
struct ByteLines {
    /// The maximum length of a line: one megabyte.
    static let longest = 1 << 20

    private let source: ByteSource
    private var buffer: [UInt8] = []
    private var place = 0
    private var isAtEnd = false
    /// The number of the line that was read last, from 1 on.
    private(set) var number = 0

    init(_ source: @escaping ByteSource) { self.source = source }

    /// The next line, without its end.
    mutating func next() throws -> ArraySlice<UInt8>? {
        while true {
            if let end = buffer[place...].firstIndex(of: 0x0A) {
                defer { place = end + 1 }
                number += 1
                return buffer[place..<(end > place && buffer[end - 1] == 0x0D ? end - 1 : end)]
            }
            guard buffer.count - place <= Self.longest else {
                throw DecodingError("line \(number + 1) is longer than \(Self.longest) bytes")
            }
            if isAtEnd {
                guard place < buffer.count else { return nil }
                defer { place = buffer.count }
                number += 1
                return buffer[place...]
            }
            buffer.removeFirst(place)
            place = 0
            if let more = try source() { buffer += more } else { isAtEnd = true }
        }
    }
}

/// The fields of a line between blanks, tabs and other ASCII white space, into an array that keeps its
/// memory.
func splitFields(_ line: ArraySlice<UInt8>, into fields: inout [ArraySlice<UInt8>]) {
    fields.removeAll(keepingCapacity: true)
    var start = line.startIndex
    for index in line.indices where isBlank(line[index]) {
        if index > start { fields.append(line[start..<index]) }
        start = index + 1
    }
    if start < line.endIndex { fields.append(line[start...]) }
}

@inline(__always)
private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte >= 0x09 && byte <= 0x0D || byte == 0 }

/// A decimal number such as `-1.2345e-05`; nil if invalid, or not finite.
func decimalNumber(_ bytes: ArraySlice<UInt8>) -> Double? {
    var place = bytes.startIndex
    func byte() -> UInt8? { place < bytes.endIndex ? bytes[place] : nil }
    let isNegative = byte() == UInt8(ascii: "-")
    if isNegative || byte() == UInt8(ascii: "+") { place += 1 }
    var (mantissa, exponent, digits) = (UInt64(0), 0, 0)
    var isFraction = false
    while let next = byte() {
        if next == UInt8(ascii: "."), !isFraction {
            isFraction = true
        } else if (0x30...0x39).contains(next) {
            digits += 1
            // Digits beyond the 18th do not matter to float32.
            if mantissa < 100_000_000_000_000_000 {
                mantissa = mantissa * 10 + UInt64(next - 0x30)
                exponent -= isFraction ? 1 : 0
            } else {
                exponent += isFraction ? 0 : 1
            }
        } else {
            break
        }
        place += 1
    }
    guard digits > 0 else { return nil }
    if byte() == UInt8(ascii: "e") || byte() == UInt8(ascii: "E") {
        guard let written = Int(String(decoding: bytes[(place + 1)...], as: UTF8.self)), abs(written) < 1000
        else { return nil }
        exponent += written
        place = bytes.endIndex
    }
    guard place == bytes.endIndex, abs(exponent) < 2000 else { return nil }
    // Powers up to 10²² are exact, so that up to 15 digits the result is the nearest number.
    let magnitude =
        exponent < 0
        ? Double(mantissa) / power10(Double(-exponent)) : Double(mantissa) * power10(Double(exponent))
    guard magnitude.isFinite else { return nil }
    return isNegative ? -magnitude : magnitude
}
