/// A token besides the model's pieces, found in the text itself: `[SEP]`, `<cls>`.
public struct AddedToken: Sendable, Equatable {
    /// Its text.
    public var content: String
    /// Whether it must not occur within a word.
    public var isSingleWord = false
    /// Whether it includes the white space before it.
    public var stripsLeft = false
    /// Whether it includes the white space after it.
    public var stripsRight = false
    /// Whether it is searched in the normalised text, not the raw one.
    public var isNormalized = false
    /// Whether it is a special token rather than part of the text.
    public var isSpecial = true

    /// A token of this text.
    public init(
        _ content: String, isSingleWord: Bool = false, stripsLeft: Bool = false, stripsRight: Bool = false,
        isNormalized: Bool = false, isSpecial: Bool = true
    ) {
        self.content = content
        self.isSingleWord = isSingleWord
        self.stripsLeft = stripsLeft
        self.stripsRight = stripsRight
        self.isNormalized = isNormalized
        self.isSpecial = isSpecial
    }
}

/// Finds added tokens in a text: at each place the longest, from left to right.
struct AddedTokenMatcher: Sendable {
    private let trie: ByteTrie
    private let tokens: [Int: AddedToken]
    /// Whether an ASCII scalar may begin a token.
    private let begins: [Bool]

    /// What is found in a text.
    enum Part {
        case token(Int)
        case text(Range<Int>)
    }

    /// Finds tokens by their ids, each by a pattern.
    init(_ patterns: [(pattern: String, id: Int, token: AddedToken)]) {
        trie = ByteTrie(patterns.map { (Array($0.pattern.utf8), $0.id) })
        tokens = Dictionary(patterns.map { ($0.id, $0.token) }, uniquingKeysWith: { $1 })
        var begins = [Bool](repeating: false, count: 256)
        for byte in patterns.compactMap(\.pattern.utf8.first) { begins[Int(byte)] = true }
        self.begins = begins
    }

    /// The tokens in a text and the non-empty stretches between them.
    func parts(of text: ArraySlice<Unicode.Scalar>) -> [Part] {
        var parts: [Part] = []
        var (start, position) = (text.startIndex, text.startIndex)
        while position < text.endIndex {
            guard let (id, end) = match(text, at: position), let token = tokens[id] else {
                position += 1
                continue
            }
            let (first, last) = (position, end)
            position = end
            if token.isSingleWord && touchesWord(text, first..<last) { continue }
            var begin = first
            if token.stripsLeft {
                while begin > start, text[begin - 1].isWhiteSpace { begin -= 1 }
            }
            if start < begin { parts.append(.text(start..<begin)) }
            parts.append(.token(id))
            start = last
            if token.stripsRight {
                while start < text.endIndex, text[start].isWhiteSpace { start += 1 }
            }
        }
        if start < text.endIndex { parts.append(.text(start..<text.endIndex)) }
        return parts
    }

    /// The longest token at a place, and where it ends.
    private func match(_ text: ArraySlice<Unicode.Scalar>, at start: Int) -> (id: Int, end: Int)? {
        guard begins[Int(text[start].utf8.first ?? 0)] else { return nil }
        var node = ByteTrie.root
        var best: (id: Int, end: Int)?
        var end = start
        while end < text.endIndex, let next = trie.walk(text[end].utf8, from: node) {
            node = next
            end += 1
            if let id = trie.value(node) { best = (id, end) }
        }
        return best
    }

    private func touchesWord(_ text: ArraySlice<Unicode.Scalar>, _ range: Range<Int>) -> Bool {
        range.lowerBound > text.startIndex && text[range.lowerBound - 1].isWordCharacter
            || range.upperBound < text.endIndex && text[range.upperBound].isWordCharacter
    }
}

extension Unicode.Scalar {
    /// Whether regular expressions treat it as part of a word (Unicode Technical Standard 18, `\w`).
    fileprivate var isWordCharacter: Bool {
        switch properties.generalCategory {
        case .decimalNumber, .connectorPunctuation, .nonspacingMark, .spacingMark, .enclosingMark: true
        default: properties.isAlphabetic || properties.isJoinControl
        }
    }
}
