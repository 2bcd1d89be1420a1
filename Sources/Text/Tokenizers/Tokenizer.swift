/// A text as a model reads it.
public struct EncodedText: Sendable, Equatable {
    /// The tokens' ids.
    public var ids: [Int] = []
    /// The type of each: the text it belongs to, or the template's type of special tokens.
    public var types: [Int] = []
    /// The number of tokens truncated from the texts.
    public var cutTokens = 0
}

/// The model that splits words into pieces.
public enum TokenizerModel: Sendable {
    /// BERT's.
    case wordPiece(WordPiece)
    /// XLNet's.
    case unigram(Unigram)

    func id(of piece: String) -> Int? {
        switch self {
        case .wordPiece(let model): model.id(of: piece)
        case .unigram(let model): model.id(of: piece)
        }
    }

    func encode(_ word: [UInt8], into ids: inout [Int]) {
        switch self {
        case .wordPiece(let model): model.encode(word, into: &ids)
        case .unigram(let model): model.encode(word, into: &ids)
        }
    }
}

/// Turns text into the ids that Hugging Face's `tokenizers` gives for the same `tokenizer.json`.
///
/// Added tokens are found in the raw text; what is between them is normalised, searched for the other added
/// tokens, and split into words and those into pieces. A text is never truncated or padded unless
/// `maximumTokens` asks for it.
public struct Tokenizer: Sendable {
    /// Every token with its id: the model's pieces and added tokens, as in `vocab.txt` or `tokenizer.json`.
    public let tokens: [(token: String, id: Int)]
    /// The tokens found in the text itself, with their ids.
    public let addedTokens: [(token: AddedToken, id: Int)]
    /// Where special tokens stand.
    public let template: SpecialTokenTemplate
    /// Settings of the file that are not applied.
    public internal(set) var unapplied = Unapplied()

    /// Settings of a `tokenizer.json` that this program does not apply by itself.
    public struct Unapplied: Sendable, Equatable {
        /// The number of tokens to which the file truncates texts; nil if it does not.
        public var truncation: Int?
        /// Whether the file pads texts.
        public var padding = false
    }

    private let model: TokenizerModel
    private let normalizer: Normalizer?
    private let preTokenizer: PreTokenizer?
    private let rawMatcher: AddedTokenMatcher
    private let normalizedMatcher: AddedTokenMatcher
    private let idOfAdded: [[UInt8]: Int]

    /// A tokenizer of its parts.
    ///
    /// - Parameters:
    ///   - model: Splits words into pieces.
    ///   - pieces: The model's pieces with their ids.
    ///   - normalizer: The normalisation before; nil for none.
    ///   - preTokenizer: How words are split; nil for the whole text as one.
    ///   - addedTokens: Tokens found in the text itself; those that are not pieces get ids after the pieces'.
    ///   - template: The template of special tokens, given the id of each token.
    /// - Throws: `TextError` if an added token is empty or the template fails.
    public init(
        model: TokenizerModel, pieces: [(token: String, id: Int)], normalizer: Normalizer?,
        preTokenizer: PreTokenizer?, addedTokens: [AddedToken],
        template: (_ id: (String) -> Int?) throws(TextError) -> SpecialTokenTemplate
    ) throws(TextError) {
        if let normalizer, normalizer.growth > Normalizer.maximumGrowth {
            throw TextError(
                "the tokenizer's normalizer can make a text \(normalizer.growth) times as long; "
                    + "\(Normalizer.maximumGrowth) are allowed")
        }
        self.model = model
        self.normalizer = normalizer
        self.preTokenizer = preTokenizer
        let added = AddedIds(addedTokens, model: model, pieceCount: pieces.count)
        self.addedTokens = added.tokens
        idOfAdded = added.idOfContent
        tokens = pieces + added.behindPieces
        let patterns = try Self.patterns(added.tokens, normalizer)
        rawMatcher = AddedTokenMatcher(patterns.filter { !$0.token.isNormalized })
        normalizedMatcher = AddedTokenMatcher(patterns.filter { $0.token.isNormalized })
        self.template = try template { added.idOfContent[Array($0.utf8)] ?? model.id(of: $0) }
    }

    /// The text by which each added token is found, raw or normalised.
    private static func patterns(
        _ tokens: [(token: AddedToken, id: Int)], _ normalizer: Normalizer?
    ) throws(TextError) -> [(pattern: String, id: Int, token: AddedToken)] {
        var patterns: [(pattern: String, id: Int, token: AddedToken)] = []
        for (token, id) in tokens {
            var pattern = token.content
            if token.isNormalized, let normalizer {
                pattern = String(scalars: normalizer.apply(Array(pattern.unicodeScalars)))
            }
            guard !pattern.isEmpty else {
                throw TextError("the added token \"\(token.content)\" is empty once it is normalised")
            }
            patterns.append((pattern, id, token))
        }
        return patterns
    }

    /// The id of a token, or nil.
    public func id(of token: String) -> Int? { idOfAdded[Array(token.utf8)] ?? model.id(of: token) }

    /// The number of embedding rows that the ids need: one more than the highest.
    public var rowCount: Int { max(tokens.lazy.map(\.id).max() ?? -1, template.tokens.max() ?? -1) + 1 }

    /// The ids of a text or a pair of texts.
    ///
    /// - Parameters:
    ///   - text: The text, or the first of two.
    ///   - pair: The second.
    ///   - addsSpecialTokens: Whether the template's special tokens are added.
    ///   - maximumTokens: The maximum number of ids; the longer text is truncated first, at its end, as in
    ///     transformers' `longest_first`. Nil for no limit.
    public func encode(
        _ text: String, pair: String? = nil, addsSpecialTokens: Bool = true, maximumTokens: Int? = nil
    ) -> EncodedText {
        var first = ids(of: text)
        var second = pair.map(ids)
        let whole = first.count + (second?.count ?? 0)
        if let maximumTokens {
            let special = addsSpecialTokens ? template.specialTokenCount(isPair: pair != nil) : 0
            Self.cut(&first, &second, to: max(0, maximumTokens - special))
        }
        var encoded = EncodedText()
        encoded.cutTokens = whole - first.count - (second?.count ?? 0)
        for part in pair == nil ? template.single : template.pair {
            switch part {
            case .first(let type): encoded.append(first, type: type)
            case .second(let type): encoded.append(second ?? [], type: type)
            case .tokens(let ids, let type): if addsSpecialTokens { encoded.append(ids, type: type) }
            }
        }
        return encoded
    }

    /// Truncates two texts to a length, the longer first; if both are truncated, the second keeps the odd
    /// token.
    private static func cut(_ first: inout [Int], _ second: inout [Int]?, to length: Int) {
        guard let other = second, first.count + other.count > length else {
            first = Array(first.prefix(length))
            return
        }
        let shorter = min(first.count, other.count)
        var kept = (shorter: shorter, longer: max(shorter, length - shorter))
        if kept.shorter + kept.longer > length { kept = (length / 2, length / 2 + length % 2) }
        let isSwapped = first.count > other.count
        first = Array(first.prefix(isSwapped ? kept.longer : kept.shorter))
        second = Array(other.prefix(isSwapped ? kept.shorter : kept.longer))
    }

    /// The ids of a single text.
    private func ids(of text: String) -> [Int] {
        var ids: [Int] = []
        let raw = Array(text.unicodeScalars)
        for part in rawMatcher.parts(of: raw[...]) {
            switch part {
            case .token(let id): ids.append(id)
            case .text(let range): append(Array(raw[range]), isFirst: range.lowerBound == 0, to: &ids)
            }
        }
        return ids
    }

    private func append(_ text: [Unicode.Scalar], isFirst: Bool, to ids: inout [Int]) {
        let normalized = normalizer?.apply(text) ?? text
        for part in normalizedMatcher.parts(of: normalized[...]) {
            switch part {
            case .token(let id): ids.append(id)
            case .text(let range):
                let whole = Word(scalars: normalized[range], isFirst: isFirst && range.lowerBound == 0)
                for word in preTokenizer?.apply([whole]) ?? [whole] {
                    model.encode(word.scalars.flatMap { $0.utf8 }, into: &ids)
                }
            }
        }
    }
}

extension EncodedText {
    fileprivate mutating func append(_ more: [Int], type: Int) {
        ids += more
        types += [Int](repeating: type, count: more.count)
    }
}

/// The ids of added tokens, as in the library: a piece's own if it is one, else the next after all others.
private struct AddedIds {
    var tokens: [(token: AddedToken, id: Int)] = []
    var behindPieces: [(token: String, id: Int)] = []
    var idOfContent: [[UInt8]: Int] = [:]

    init(_ added: [AddedToken], model: TokenizerModel, pieceCount: Int) {
        var next = pieceCount
        for token in added where !token.content.isEmpty {
            let content = Array(token.content.utf8)
            if let id = idOfContent[content] {
                // The same token again, perhaps with other flags.
                if let place = tokens.firstIndex(where: { $0.id == id }) { tokens[place].token = token }
                continue
            }
            let piece = model.id(of: token.content)
            let id = piece ?? next
            if piece == nil {
                behindPieces.append((token.content, id))
                next += 1
            }
            idOfContent[content] = id
            tokens.append((token, id))
        }
    }
}
