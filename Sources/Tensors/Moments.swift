/// Adam's two moments of the elements of a flat store: of all of them, or of those alone that a held mask keeps, which
/// then lie close together, in the order of elements.
///
/// An element without moments is one whose moments are 0.
public struct Moments: ~Copyable {
    /// The elements of the store; 0 where nothing is trained.
    public let count: Int
    /// The first moments of the elements that have moments.
    public private(set) var first: FlatBuffer
    /// Their second moments.
    public private(set) var second: FlatBuffer
    /// Which elements have moments; nil where all have.
    public private(set) var kept: KeptElements?
    /// How many elements have moments before each whole stretch of elements.
    private var starts: [Int] = []
    private static let stretch = 1 << 16

    /// Moments of 0 of all elements.
    public init(count: Int) {
        self.count = count
        first = FlatBuffer(count: count)
        second = FlatBuffer(count: count)
    }

    /// Where the moments of a range of elements lie.
    public func places(of range: Range<Int>) -> Range<Int> {
        guard kept != nil else { return range }
        return place(of: range.lowerBound)..<place(of: range.upperBound)
    }

    private func place(of element: Int) -> Int {
        let start = element / Self.stretch
        return starts[start] + (kept?.keptCount(in: start * Self.stretch..<element) ?? 0)
    }

    /// Goes on with moments of these elements alone, or of all: forgets those of the others, and starts from 0 where there
    /// were none.
    public mutating func keep(_ elements: KeptElements?) {
        precondition(elements.map { $0.covers(count) && $0.firstBit == 0 } ?? true, "bits of other elements")
        guard elements != kept, count > 0 else { return }
        first = Self.moved(first, of: kept, to: elements, count: count)
        second = Self.moved(second, of: kept, to: elements, count: count)
        kept = elements
        starts = [0]
        for start in stride(from: 0, to: elements == nil ? 0 : count, by: Self.stretch) {
            let stretch = start..<min(start + Self.stretch, count)
            starts.append(starts[starts.count - 1] + (elements?.keptCount(in: stretch) ?? 0))
        }
    }

    /// The moments of one kind as another choice of elements has them.
    private static func moved(
        _ moments: borrowing FlatBuffer, of old: KeptElements?, to new: KeptElements?, count: Int
    ) -> FlatBuffer {
        let target = FlatBuffer(count: new?.keptCount(in: 0..<count) ?? count)
        var (source, place) = (0, 0)
        for word in 0..<(count + 63) / 64 {
            let all = count - 64 * word < 64 ? 1 << UInt64(count - 64 * word) - 1 : UInt64.max
            let had = (old?.words[word] ?? .max) & all
            let has = (new?.words[word] ?? .max) & all
            var both = had & has
            while both != 0 {
                let below = (both & (~both &+ 1)) &- 1
                let moment = moments.all[source + (had & below).nonzeroBitCount]
                // Zeros are there already, and take no memory before something is written: a frozen encoder's never do.
                if moment.bitPattern != 0 { target.all[place + (has & below).nonzeroBitCount] = moment }
                both &= both &- 1
            }
            source += had.nonzeroBitCount
            place += has.nonzeroBitCount
        }
        return target
    }
}
