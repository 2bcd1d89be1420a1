/// A tokenizer's normalisation of a text before splitting; the names are those of `tokenizer.json`.
public indirect enum Normalizer: Sendable {
    /// BERT's cleaning.
    case bert(BertNormalizer)
    /// Lower case, scalar by scalar.
    case lowercase
    /// Unicode's canonical decomposition.
    case nfd
    /// Unicode's compatibility decomposition.
    case nfkd
    /// Removes all marks.
    case stripAccents
    /// Removes white space at the ends.
    case strip(left: Bool, right: Bool)
    /// Replaces every occurrence of a text.
    case replace(pattern: String, content: String)
    /// Replaces two or more spaces by a text.
    case replaceSpaces(content: String)
    /// Prepends a text to any that is not empty.
    case prepend(String)
    /// SentencePiece's map of characters.
    case precompiled(CharacterMap)
    /// One after the other.
    case sequence([Normalizer])

    /// The maximum growth factor of a text: twice that of XLNet's steps.
    ///
    /// A hostile file could double a text at each of a thousand steps.
    static let maximumGrowth = 2_000

    /// The growth factor of a text, in scalars; at most slightly above the maximum.
    var growth: Int {
        switch self {
        case .bert: 3 * 4
        case .lowercase: 3
        case .nfd: 4
        case .nfkd: 18
        case .stripAccents, .strip: 1
        case .replace(let pattern, let content):
            content.unicodeScalars.count <= pattern.unicodeScalars.count ? 1 : content.unicodeScalars.count
        case .replaceSpaces(let content), .prepend(let content): max(1, content.unicodeScalars.count)
        case .precompiled(let map): map.longestReplacement
        case .sequence(let steps):
            steps.reduce(1) { min($0, Self.maximumGrowth + 1) * min($1.growth, Self.maximumGrowth + 1) }
        }
    }

    /// The normalised text.
    func apply(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        switch self {
        case .bert(let bert): bert.apply(text)
        case .lowercase: text.lowercased()
        case .nfd: Decomposition.canonical.apply(text)
        case .nfkd: Decomposition.compatible.apply(text)
        case .stripAccents: text.filter { !$0.isMark }
        case .strip(let left, let right): text.stripped(left: left, right: right)
        case .replace(let pattern, let content): text.replacing(pattern, with: content)
        case .replaceSpaces(let content): text.replacingSpaces(with: content)
        case .prepend(let prefix): text.isEmpty ? text : prefix.unicodeScalars + text
        case .precompiled(let map): map.apply(text)
        case .sequence(let normalizers): normalizers.reduce(text) { $1.apply($0) }
        }
    }
}

/// BERT's cleaning of a text, as in `BasicTokenizer` of Google's code.
public struct BertNormalizer: Sendable {
    /// Whether control characters are removed and white space becomes a space.
    public var cleansText = true
    /// Whether Chinese characters are surrounded by spaces.
    public var separatesChinese = true
    /// Whether accents are removed; nil follows `lowercases`.
    public var stripsAccents: Bool?
    /// Whether the text is lower-cased.
    public var lowercases = true

    /// A cleaning of these steps.
    public init(
        cleansText: Bool = true, separatesChinese: Bool = true, stripsAccents: Bool? = nil,
        lowercases: Bool = true
    ) {
        self.cleansText = cleansText
        self.separatesChinese = separatesChinese
        self.stripsAccents = stripsAccents
        self.lowercases = lowercases
    }

    func apply(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var text = text
        if cleansText {
            text = text.compactMap { $0.isRemovedByCleaning ? nil : $0.isWhiteSpace ? " " : $0 }
        }
        if separatesChinese && text.contains(where: \.isChinese) {
            text = text.flatMap { $0.isChinese ? [" ", $0, " "] : [$0] }
        }
        if stripsAccents ?? lowercases {
            text = Decomposition.canonical.apply(text).filter { !$0.isNonspacingMark }
        }
        return lowercases ? text.lowercased() : text
    }
}

extension [Unicode.Scalar] {
    fileprivate func lowercased() -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(count)
        for scalar in self {
            switch scalar.value {
            case 0x41...0x5A: result.append(Unicode.Scalar(UInt8(scalar.value + 0x20)))
            case 0..<0x80: result.append(scalar)
            default: result += scalar.properties.lowercaseMapping.unicodeScalars
            }
        }
        return result
    }

    fileprivate func stripped(left: Bool, right: Bool) -> [Unicode.Scalar] {
        let head = left ? drop(while: \.isWhiteSpace) : self[...]
        guard right else { return Array(head) }
        let end = head.lastIndex { !$0.isWhiteSpace }.map { $0 + 1 } ?? head.startIndex
        return Array(head[..<end])
    }

    fileprivate func replacing(_ pattern: String, with content: String) -> [Unicode.Scalar] {
        let pattern = Array(pattern.unicodeScalars)
        guard let first = pattern.first else { return self }
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(count)
        var position = 0
        while position < count {
            if self[position] == first && self[position...].starts(with: pattern) {
                result += content.unicodeScalars
                position += pattern.count
            } else {
                result.append(self[position])
                position += 1
            }
        }
        return result
    }

    fileprivate func replacingSpaces(with content: String) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(count)
        var position = 0
        while position < count {
            let spaces = self[position...].prefix { $0 == " " }.count
            if spaces > 1 {
                result += content.unicodeScalars
                position += spaces
            } else {
                result.append(self[position])
                position += 1
            }
        }
        return result
    }
}
