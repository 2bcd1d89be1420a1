/// How a tokenizer splits a text into words before its model splits those into pieces; the names are those of
/// `tokenizer.json`.
public indirect enum PreTokenizer: Sendable {
    /// BERT's: at white space, and around each punctuation mark.
    case bert
    /// At white space.
    case whitespaceSplit
    /// Around each punctuation mark.
    case punctuation
    /// SentencePiece's: spaces become a special character.
    case metaspace(Metaspace)
    /// One after the other.
    case sequence([PreTokenizer])

    /// The words of a text.
    func apply(_ words: [Word]) -> [Word] {
        switch self {
        case .bert:
            words.flatMap { $0.split { $0.isWhiteSpace } }.flatMap { $0.isolating { $0.isPunctuation } }
        case .whitespaceSplit: words.flatMap { $0.split { $0.isWhiteSpace } }
        case .punctuation: words.flatMap { $0.isolating { $0.isPunctuation } }
        case .metaspace(let metaspace): words.flatMap(metaspace.apply)
        case .sequence(let steps): steps.reduce(words) { $1.apply($0) }
        }
    }
}

/// A part of a text on its way to the model.
struct Word {
    var scalars: ArraySlice<Unicode.Scalar>
    /// Whether the text begins with it.
    var isFirst: Bool

    /// The parts between scalars that separate.
    func split(at separates: (Unicode.Scalar) -> Bool) -> [Word] {
        scalars.split(whereSeparator: separates).map {
            Word(scalars: $0, isFirst: isFirst && $0.startIndex == scalars.startIndex)
        }
    }

    /// The parts, with each of some scalars as its own part.
    func isolating(_ isAlone: (Unicode.Scalar) -> Bool) -> [Word] {
        cut { isAlone(scalars[$0]) || $0 > scalars.startIndex && isAlone(scalars[$0 - 1]) }
    }

    /// The parts that begin at given places.
    func cut(before begins: (Int) -> Bool) -> [Word] {
        var parts: [Word] = []
        var start = scalars.startIndex
        for place in scalars.indices.dropFirst() where begins(place) {
            parts.append(Word(scalars: scalars[start..<place], isFirst: isFirst && parts.isEmpty))
            start = place
        }
        if start < scalars.endIndex {
            parts.append(Word(scalars: scalars[start...], isFirst: isFirst && parts.isEmpty))
        }
        return parts
    }
}

/// SentencePiece's spaces: a character replaces each, and one is put before the text.
public struct Metaspace: Sendable {
    /// Where a space is put before.
    public enum Prepending: String, Sendable {
        /// Each part of the text.
        case always
        /// The text's beginning.
        case first
        /// Nothing.
        case never
    }

    /// The replacement of a space.
    public var replacement: Unicode.Scalar
    /// Where one is prepended.
    public var prepending: Prepending
    /// Whether the text is split before each.
    public var splits: Bool

    /// Spaces shown so.
    public init(replacement: Unicode.Scalar = "▁", prepending: Prepending = .always, splits: Bool = true) {
        self.replacement = replacement
        self.prepending = prepending
        self.splits = splits
    }

    func apply(_ word: Word) -> [Word] {
        var scalars = word.scalars.map { $0 == " " ? replacement : $0 }
        let isPrepended =
            switch prepending {
            case .always: true
            case .first: word.isFirst
            case .never: false
            }
        if isPrepended && scalars.first != replacement { scalars.insert(replacement, at: 0) }
        let whole = Word(scalars: scalars[...], isFirst: word.isFirst)
        return splits ? whole.cut { scalars[$0] == replacement } : [whole]
    }
}
