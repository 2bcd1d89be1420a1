internal import Tensors

/// The layout of a mapped trie.
///
/// `parp n-gram trie` and a zero; version, order; the numbers of `<unk>`, `<s>` and `</s>` (32 bits each) and
/// a spare; the count of n-grams of each order and the length of all words (64 bits each). Then, each part
/// from a multiple of 8 bytes on: the words' offsets (packed), the words; and for each order the last words
/// (packed; not for unigrams, which are all there), logarithms (float32), back-off weights (float32) and
/// first children (packed), the last two not for the longest.
struct TrieLayout: Sendable {
    static let magic = Array("parp n-gram trie".utf8) + [0, 0, 0, 0, 0, 0, 0, 0]
    static let version: UInt32 = 1

    let order: Int
    let counts: [Int]
    let unknown: UInt32
    let sentenceStart: UInt32
    let sentenceEnd: UInt32
    let wordOffsets: PackedNumbers
    /// The bytes of all words.
    let words: Range<Int>
    let levels: [TrieLevel]
    /// The length of the whole file.
    let end: Int

    /// The parts of a model with these counts of n-grams per order and bytes of words.
    init(counts: [Int], wordBytes: Int, unknown: UInt32, sentenceStart: UInt32, sentenceEnd: UInt32) {
        order = counts.count
        self.counts = counts
        self.unknown = unknown
        self.sentenceStart = sentenceStart
        self.sentenceEnd = sentenceEnd
        var place = Self.headerBytes(order: counts.count)
        func part(_ size: Int) -> Int {
            defer { place += (size + 7) / 8 * 8 }
            return place
        }
        func packed(_ count: Int, maximum: Int) -> PackedNumbers {
            let width = bitWidth(maximum)
            return PackedNumbers(start: part(PackedNumbers.bytes(count, width: width)), width: width)
        }
        wordOffsets = packed(counts[0] + 1, maximum: wordBytes)
        let start = part(wordBytes)
        words = start..<start + wordBytes
        var levels: [TrieLevel] = []
        for (index, count) in counts.enumerated() {
            let isLast = index == counts.count - 1
            let words = index == 0 ? nil : packed(count, maximum: counts[0] - 1)
            let probabilities = part(4 * count)
            let backoffs = isLast ? nil : part(4 * count)
            let next = isLast ? nil : packed(count + 1, maximum: counts[index + 1])
            levels.append(
                TrieLevel(
                    count: count, words: words, probabilities: probabilities, backoffs: backoffs, next: next))
        }
        self.levels = levels
        end = place
    }

    /// Reads a header, and checks that everything is inside the bytes.
    init(reading bytes: MappedBytes) throws(DecodingError) {
        let magic = Self.magic.count
        guard bytes.count >= magic + 24, bytes.copy(0..<magic) == Self.magic else {
            throw DecodingError("is not an n-gram model of this program")
        }
        func number(_ index: Int) -> UInt32 { bytes.integer(UInt32.self, at: magic + 4 * index) }
        guard number(0) == Self.version else {
            throw DecodingError("has version \(number(0)) of the format; this program reads \(Self.version)")
        }
        let order = Int(number(1))
        guard (1...NGramContext.highestOrder).contains(order),
            bytes.count >= Self.headerBytes(order: order)
        else { throw DecodingError("is damaged: its header says order \(order)") }
        var sizes: [Int] = []
        for index in 0...order {
            let size = bytes.integer(UInt64.self, at: magic + 24 + 8 * index)
            // Each n-gram takes at least a byte, so that sums of these cannot overflow.
            guard size <= UInt64(bytes.count) else {
                throw DecodingError("is cut off: its header says \(size) entries, in \(bytes.count) bytes")
            }
            sizes.append(Int(size))
        }
        let words = UInt64(sizes[0])
        guard words > 0, UInt64(number(2)) < words, UInt64(number(3)) < words, UInt64(number(4)) < words
        else {
            throw DecodingError("is damaged: its special words are not among its \(words)")
        }
        self.init(
            counts: Array(sizes.dropLast()), wordBytes: sizes[order], unknown: number(2),
            sentenceStart: number(3), sentenceEnd: number(4))
        guard end == bytes.count else {
            throw DecodingError("is cut off: \(bytes.count) bytes, but its header states \(end)")
        }
    }

    /// What `init(reading:)` reads.
    var header: [UInt8] {
        var header = Self.magic
        for number in [Self.version, UInt32(order), unknown, sentenceStart, sentenceEnd, 0] {
            header.append(littleEndian: number)
        }
        for size in counts + [words.count] { header.append(littleEndian: UInt64(size)) }
        return header + [UInt8](repeating: 0, count: Self.headerBytes(order: order) - header.count)
    }

    private static func headerBytes(order: Int) -> Int { magic.count + 24 + 8 * (order + 1) }

    func wordBytes(_ bytes: MappedBytes, _ index: Int) -> Int { wordOffsets.value(bytes, index) }
}

/// Consecutive numbers of a few bits each.
struct PackedNumbers: Sendable {
    /// The byte of the first.
    let start: Int
    /// The bits of each.
    let width: Int

    /// Their bytes, with eight to spare, since eight are read at a time.
    static func bytes(_ count: Int, width: Int) -> Int { (count * width + 7) / 8 + 8 }

    @inline(__always)
    func value(_ bytes: MappedBytes, _ index: Int) -> Int {
        Int(bytes.bits(at: start * 8 + index * width, count: width))
    }
}

/// The n-grams of one order, sorted from their last word backwards.
struct TrieLevel: Sendable {
    let count: Int
    let words: PackedNumbers?
    let probabilities: Int
    let backoffs: Int?
    let next: PackedNumbers?

    @inline(__always)
    func probability(_ bytes: MappedBytes, _ index: Int) -> Float {
        bytes.float(at: probabilities + 4 * index)
    }

    @inline(__always)
    func backoff(_ bytes: MappedBytes, _ index: Int) -> Float {
        backoffs.map { bytes.float(at: $0 + 4 * index) } ?? 0
    }

    /// The places in the next level that continue an n-gram to the left.
    @inline(__always)
    func children(_ bytes: MappedBytes, _ index: Int, limit: Int) -> Range<Int> {
        guard let next else { return 0..<0 }
        let lower = min(next.value(bytes, index), limit)
        // A broken file's may decrease.
        return lower..<max(lower, min(next.value(bytes, index + 1), limit))
    }

    /// The index of a word in a range, by binary search.
    @inline(__always)
    func find(_ bytes: MappedBytes, _ word: UInt32, in range: Range<Int>) -> Int? {
        guard let words else { return nil }
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high {
            let middle = (low + high) >> 1
            let found = words.value(bytes, middle)
            if found == Int(word) { return middle }
            if found < Int(word) { low = middle + 1 } else { high = middle }
        }
        return nil
    }
}

/// The bits that a number up to `maximum` needs.
func bitWidth(_ maximum: Int) -> Int { max(1, Int.bitWidth - maximum.leadingZeroBitCount) }

extension Array<UInt8> {
    mutating func append(littleEndian number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}
