/// SentencePiece's character map, `Precompiled` in `tokenizer.json`: a trie of what is replaced, and the
/// replacements.
///
/// The trie is a double array of darts-clone: the size of the array in bytes, the array, both of 32 bits in little
/// endian, then the replacements, each ended by a zero.
public struct CharacterMap: Sendable {
    private let units: [UInt32]
    private let replacements: [UInt8]
    /// The scalars of the longest replacement; 1 at least.
    let longestReplacement: Int

    /// Graphemes of fewer bytes are looked up as a whole, others scalar by scalar.
    private static let wholeGraphemeBytes = 6

    /// A map from the bytes that a model holds.
    ///
    /// - Throws: `TextError` if they are too few for the size they begin with, or the replacements no UTF-8.
    public init(_ bytes: [UInt8]) throws(TextError) {
        func word(at place: Int) -> UInt32 {
            bytes[place..<place + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
        guard bytes.count >= 4, case let size = Int(word(at: 0)), size >= 4, size <= bytes.count - 4 else {
            throw TextError("the character map of the tokenizer is cut off")
        }
        units = (0..<size / 4).map { word(at: 4 + 4 * $0) }
        replacements = Array(bytes[(4 + size / 4 * 4)...])
        guard let text = String(validating: replacements, as: UTF8.self) else {
            throw TextError("the character map of the tokenizer holds invalid UTF-8")
        }
        longestReplacement = text.unicodeScalars.split(separator: "\0").lazy.map(\.count).max() ?? 1
    }

    /// The text with its characters replaced.
    func apply(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(text.count)
        for grapheme in String(scalars: text) {
            if grapheme.utf8.count < Self.wholeGraphemeBytes, let whole = replacement(grapheme.utf8) {
                result += whole.unicodeScalars
                continue
            }
            for scalar in grapheme.unicodeScalars {
                if let single = replacement(scalar.utf8) {
                    result += single.unicodeScalars
                } else {
                    result.append(scalar)
                }
            }
        }
        return result
    }

    /// What replaces the shortest prefix of a key that the map holds; the whole key is replaced by it, as the
    /// library does.
    private func replacement(_ key: some Sequence<UInt8>) -> String? {
        guard let offset = shortestPrefix(of: key), offset < replacements.count else { return nil }
        let bytes = replacements[offset...].prefix { $0 != 0 }
        return String(validating: bytes, as: UTF8.self)
    }

    private func shortestPrefix(of key: some Sequence<UInt8>) -> Int? {
        guard var place = units.first.map(Self.offset) else { return nil }
        for byte in key where byte != 0 {
            place ^= Int(byte)
            guard units.indices.contains(place), Self.label(units[place]) == UInt32(byte) else { return nil }
            let unit = units[place]
            place ^= Self.offset(unit)
            if unit >> 8 & 1 == 1 {
                return units.indices.contains(place) ? Int(units[place] & 0x7FFF_FFFF) : nil
            }
        }
        return nil
    }

    private static func label(_ unit: UInt32) -> UInt32 { unit & (1 << 31 | 0xFF) }

    private static func offset(_ unit: UInt32) -> Int { Int(unit >> 10) << Int((unit & 1 << 9) >> 6) }
}

extension String {
    /// The string of scalars.
    init(scalars: some Sequence<Unicode.Scalar>) {
        self = ""
        unicodeScalars.append(contentsOf: scalars)
    }
}
