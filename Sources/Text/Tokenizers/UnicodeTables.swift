/// Unicode properties as in the `tokenizers` library.
///
/// Its tables are older than Swift's; they differ in a few hundred scalars, mostly of recently added scripts.
/// Models were trained on the library's ids, so its tables are kept here as text, written by
/// Tests/Golden/unicode_tables.py.
enum UnicodeTables {}

/// A set of scalars, as ranges in order.
struct ScalarSet: Sendable {
    private let lower: [UInt32]
    private let upper: [UInt32]

    /// The ranges of a table: `A` or `A-B` in hexadecimal, separated by spaces.
    init(_ table: String) {
        let ranges = words(table).map(ScalarSet.range)
        lower = ranges.map(\.lowerBound)
        upper = ranges.map(\.upperBound)
    }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        guard let place = lower.lastIndex(notAbove: scalar.value) else { return false }
        return scalar.value <= upper[place]
    }

    /// `A` or `A-B` in hexadecimal.
    static func range(_ word: some StringProtocol) -> ClosedRange<UInt32> {
        let ends = word.split(separator: "-").map(hexadecimal)
        return ends[0]...ends[ends.count - 1]
    }
}

/// The value of hexadecimal digits in a table.
private func hexadecimal(_ digits: some StringProtocol) -> UInt32 {
    guard let value = UInt32(digits, radix: 16) else {
        preconditionFailure("a Unicode table has \"\(digits)\", which is not a number")
    }
    return value
}

extension [UInt32] {
    /// The last index in a sorted array with an element of at most a value.
    fileprivate func lastIndex(notAbove value: UInt32) -> Int? {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] <= value { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? low - 1 : nil
    }
}

/// The order of marks after a letter: Unicode's canonical combining classes, renumbered.
struct CombiningClasses: Sendable {
    private let lower: [UInt32]
    private let upper: [UInt32]
    private let classes: [UInt8]

    /// The classes of a table of `RANGE:CLASS`.
    init(_ table: String) {
        let entries = words(table)
            .map { word in
                let parts = word.split(separator: ":")
                return (range: ScalarSet.range(parts[0]), number: UInt8(parts[1]) ?? 0)
            }
            .sorted { $0.range.lowerBound < $1.range.lowerBound }
        lower = entries.map(\.range.lowerBound)
        upper = entries.map(\.range.upperBound)
        classes = entries.map(\.number)
    }

    /// The class of a scalar; 0 for those that begin a character.
    subscript(scalar: Unicode.Scalar) -> UInt8 {
        // Below are the letters of Latin scripts, the most frequent case.
        guard scalar.value >= 0x300, let place = lower.lastIndex(notAbove: scalar.value),
            scalar.value <= upper[place]
        else { return 0 }
        return classes[place]
    }
}

/// Decompositions of scalars.
struct DecompositionTable: Sendable {
    private var keys: [UInt32] = []
    private var starts: [Int] = []
    private var scalars: [Unicode.Scalar] = []

    /// The entries of a table in the order of their keys: `KEY=A.B`; `=A.B` for the key after the last; `*N`
    /// at the end for N keys in a row with scalars in a row.
    init(_ table: String) {
        var next: UInt32 = 0
        for word in words(table) {
            let sides = word.split(separator: "=", omittingEmptySubsequences: false)
            let run = sides[1].split(separator: "*")
            let targets = run[0].split(separator: ".").map(hexadecimal)
            let count = run.count > 1 ? UInt32(run[1]) ?? 1 : 1
            if !sides[0].isEmpty { next = hexadecimal(sides[0]) }
            for step in 0..<count {
                keys.append(next + step)
                starts.append(scalars.count)
                scalars += targets.compactMap { Unicode.Scalar($0 + step) }
            }
            next += count
        }
        starts.append(scalars.count)
    }

    /// The decomposition of a scalar; nil if it has none.
    subscript(scalar: Unicode.Scalar) -> ArraySlice<Unicode.Scalar>? {
        // The first that any table decomposes is the non-breaking space.
        guard scalar.value >= 0xA0, let place = keys.lastIndex(notAbove: scalar.value),
            keys[place] == scalar.value
        else { return nil }
        return scalars[starts[place]..<starts[place + 1]]
    }
}

extension Unicode.Scalar {
    private static let removed = ScalarSet(UnicodeTables.removed)
    private static let nonspacingMarks = ScalarSet(UnicodeTables.nonspacingMarks)
    private static let marks = ScalarSet(UnicodeTables.marks)
    private static let punctuation = ScalarSet(UnicodeTables.punctuation)

    /// Whether BERT's cleaning removes it.
    var isRemovedByCleaning: Bool {
        // ASCII letters, most of a text, need no lookup.
        (0x20..<0x7F).contains(value) ? false : Self.removed.contains(self)
    }

    /// Whether it is an accent that BERT strips (Mn).
    var isNonspacingMark: Bool { value >= 0x300 && Self.nonspacingMarks.contains(self) }

    /// Whether it is a mark of any kind (M).
    var isMark: Bool { value >= 0x300 && Self.marks.contains(self) }

    /// Whether BERT makes it a separate word.
    var isPunctuation: Bool { Self.punctuation.contains(self) }

    /// Whether it is white space; for ASCII without a Unicode lookup.
    var isWhiteSpace: Bool {
        value < 0x80 ? value == 0x20 || (0x09...0x0D).contains(value) : properties.isWhitespace
    }

    /// Whether BERT surrounds it with spaces: a Chinese character, by the list in Google's code and the
    /// library.
    var isChinese: Bool {
        switch value {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
            0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
            true
        default: false
        }
    }
}
