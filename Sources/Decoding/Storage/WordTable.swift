/// Words and their numbers, in insertion order.
public struct WordTable: Sendable {
    /// The bytes of all words.
    private(set) var bytes: [UInt8] = []
    /// Where each begins, and where the last ends.
    private var starts = [0]
    /// Numbers by hash, from 1 on; 0 is free.
    private var slots = [UInt32](repeating: 0, count: 1024)

    init() {}

    /// How many words there are.
    public var count: Int { starts.count - 1 }

    /// A word's bytes.
    public subscript(index: Int) -> ArraySlice<UInt8> { bytes[starts[index]..<starts[index + 1]] }

    /// The number of a word, if it is here.
    func find(_ word: ArraySlice<UInt8>) -> Int? {
        let number = slots[slot(of: word)]
        return number == 0 ? nil : Int(number) - 1
    }

    /// The number of a word, new if it was not here.
    mutating func insert(_ word: ArraySlice<UInt8>) -> (index: Int, isNew: Bool) {
        let slot = slot(of: word)
        if slots[slot] != 0 { return (Int(slots[slot]) - 1, false) }
        bytes += word
        starts.append(bytes.count)
        slots[slot] = UInt32(count)
        if count * 2 > slots.count { grow() }
        return (count - 1, true)
    }

    /// Where a word is or would be.
    ///
    /// Hashes are seeded per process, so no list of words can force collisions.
    private func slot(of word: ArraySlice<UInt8>) -> Int {
        var hasher = Hasher()
        word.withUnsafeBytes { hasher.combine(bytes: $0) }
        let mask = slots.count - 1
        var slot = hasher.finalize() & mask
        while slots[slot] != 0 && self[Int(slots[slot]) - 1] != word { slot = (slot + 1) & mask }
        return slot
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: slots.count * 2)
        for index in 0..<count { slots[slot(of: self[index])] = UInt32(index + 1) }
    }

    /// The numbers of all words in the order of their bytes.
    func sortedIndices() -> [Int] {
        (0..<count).sorted { self[$0].lexicographicallyPrecedes(self[$1]) }
    }
}
