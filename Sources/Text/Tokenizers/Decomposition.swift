/// Unicode's normalisation forms D and KD (Unicode Standard Annex 15): characters taken apart, marks in their
/// canonical order.
enum Decomposition: Sendable, Equatable {
    /// NFD: é is e and an accent.
    case canonical
    /// NFKD: ﬁ is f and i, too.
    case compatible

    private static let canonicalTable = DecompositionTable(UnicodeTables.canonical)
    private static let compatibleTable = DecompositionTable(UnicodeTables.compatible)
    private static let classes = CombiningClasses(UnicodeTables.combiningClasses)

    /// The text taken apart.
    func apply(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        // ASCII is in every form.
        guard text.contains(where: { $0.value >= 0x80 }) else { return text }
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(text.count)
        for scalar in text { append(scalar, to: &result) }
        Self.sortMarks(&result)
        return result
    }

    private func append(_ scalar: Unicode.Scalar, to result: inout [Unicode.Scalar]) {
        if let syllable = HangulSyllable(scalar) {
            result += syllable.letters
        } else if let parts = Self.canonicalTable[scalar] {
            for part in parts { appendCompatible(part, to: &result) }
        } else {
            appendCompatible(scalar, to: &result)
        }
    }

    private func appendCompatible(_ scalar: Unicode.Scalar, to result: inout [Unicode.Scalar]) {
        if self == .compatible, let parts = Self.compatibleTable[scalar] {
            result += parts
        } else {
            result.append(scalar)
        }
    }

    /// Puts each run of marks in the order of their classes; marks of one class stay in order.
    private static func sortMarks(_ text: inout [Unicode.Scalar]) {
        var start = 0
        while start < text.count {
            guard classes[text[start]] > 0 else {
                start += 1
                continue
            }
            var marks: [(number: UInt8, place: Int, scalar: Unicode.Scalar)] = []
            var end = start
            while end < text.count, case let number = classes[text[end]], number > 0 {
                marks.append((number, end, text[end]))
                end += 1
            }
            if marks.count > 1 {
                marks.sort { ($0.number, $0.place) < ($1.number, $1.place) }
                text.replaceSubrange(start..<end, with: marks.lazy.map(\.scalar))
            }
            start = end
        }
    }
}

/// A syllable of Korean, taken apart by arithmetic (The Unicode Standard, section 3.12).
private struct HangulSyllable {
    private let index: UInt32

    init?(_ scalar: Unicode.Scalar) {
        guard (0xAC00..<0xAC00 + 11_172).contains(scalar.value) else { return nil }
        index = scalar.value - 0xAC00
    }

    /// Its two or three letters.
    var letters: [Unicode.Scalar] {
        let (vowels, finals): (UInt32, UInt32) = (21, 28)
        let values = [
            0x1100 + index / (vowels * finals), 0x1161 + index % (vowels * finals) / finals,
            0x11A7 + index % finals,
        ]
        return (index % finals == 0 ? values.dropLast() : values[...]).compactMap(Unicode.Scalar.init)
    }
}
