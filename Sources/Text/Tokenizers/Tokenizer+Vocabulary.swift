extension Tokenizer {
    /// BERT's tokenizer from a `vocab.txt`: one piece per line, with its line number as id.
    ///
    /// It is the one that transformers' `BertTokenizer` makes from the file: white space after a piece is not
    /// part of it, and for equal pieces the last counts.
    ///
    /// - Throws: `TextError` if the file is not UTF-8 or lacks a token that BERT needs.
    public init(
        vocabulary bytes: [UInt8], configuration: TokenizerConfiguration = .bert
    ) throws(TextError) {
        let pieces = try Self.pieces(vocabulary: bytes)
        let model = try WordPiece(
            vocabulary: pieces.map { ($0.token, $0.id) }, unknownToken: configuration.text(.unknown))
        try self.init(
            model: .wordPiece(model), pieces: pieces,
            normalizer: .bert(
                BertNormalizer(
                    separatesChinese: configuration.separatesChinese,
                    stripsAccents: configuration.stripsAccents, lowercases: configuration.lowercases)),
            preTokenizer: .bert, addedTokens: configuration.specialTokens + configuration.additional
        ) { id throws(TextError) in
            .bert(
                classification: try Self.required(.classification, of: configuration, id),
                separator: try Self.required(.separator, of: configuration, id))
        }
    }

    /// The pieces of a `vocab.txt`, each once.
    private static func pieces(vocabulary bytes: [UInt8]) throws(TextError) -> [(token: String, id: Int)] {
        var pieces: [(token: String, id: Int)] = []
        var placeOfPiece: [[UInt8]: Int] = [:]
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        for (id, line) in lines.enumerated() {
            guard let text = String(validating: line, as: UTF8.self) else {
                throw TextError("vocab.txt: line \(id + 1): invalid UTF-8")
            }
            let scalars = text.unicodeScalars
            let end = scalars.lastIndex { !$0.isWhiteSpace }.map(scalars.index(after:)) ?? scalars.startIndex
            let piece = String(scalars[..<end])
            if let place = placeOfPiece[Array(piece.utf8)] {
                pieces[place].id = id
            } else {
                placeOfPiece[Array(piece.utf8)] = pieces.count
                pieces.append((piece, id))
            }
        }
        return pieces
    }

    /// XLNet's tokenizer from a `spiece.model`, as converted by transformers 5.
    ///
    /// - Throws: `TextError` if the model lacks a token that XLNet needs.
    public init(
        sentencePiece model: SentencePieceModel, configuration: TokenizerConfiguration = .xlnet
    ) throws(TextError) {
        var steps: [Normalizer] = [
            .replace(pattern: "``", content: "\""), .replace(pattern: "''", content: "\""), .nfkd,
            .stripAccents,
        ]
        if configuration.lowercases { steps.append(.lowercase) }
        if let map = model.characterMap { steps.append(.precompiled(map)) }
        // The model's own tokens replace further tokens.
        let added = model.pieces.filter(\.isAdded).map { AddedToken($0.text, isSpecial: $0.kind == .control) }
        try self.init(
            model: .unigram(
                try Unigram(pieces: model.pieces.map { ($0.text, $0.score) }, unknown: model.unknown)),
            pieces: model.pieces.enumerated().map { ($0.element.text, $0.offset) },
            normalizer: .sequence(steps),
            preTokenizer: .sequence([.whitespaceSplit, .metaspace(Metaspace())]),
            addedTokens: configuration.specialTokens + added
        ) { id throws(TextError) in
            .xlnet(
                classification: try Self.required(.classification, of: configuration, id),
                separator: try Self.required(.separator, of: configuration, id))
        }
    }

    private static func required(
        _ role: TokenizerConfiguration.Role, of configuration: TokenizerConfiguration,
        _ id: (String) -> Int?
    ) throws(TextError) -> Int {
        let text = try configuration.text(role)
        guard let id = id(text) else { throw TextError("the vocabulary has no token \"\(text)\"") }
        return id
    }
}
