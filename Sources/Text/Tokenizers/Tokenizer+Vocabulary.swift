extension Tokenizer {
    /// What a `tokenizer_config.json` says about a tokenizer made from its vocabulary alone; the presets are
    /// transformers'.
    public struct VocabularyOptions: Sendable {
        /// Whether the text is put in lower case.
        public var lowercases: Bool
        /// Whether accents go; nil does as `lowercases` does. BERT alone has it.
        public var stripsAccents: Bool?
        /// Whether Chinese characters are words of their own. BERT alone has it.
        public var separatesChinese = true
        /// What stands for what no pieces make up.
        public var unknownToken: String
        /// What stands between and behind texts.
        public var separatorToken: String
        /// What the classifier reads.
        public var classificationToken: String
        /// Other tokens found in the text itself, in transformers' order.
        public var otherTokens: [AddedToken]

        /// BERT's.
        public static var bert: Self {
            Self(
                lowercases: true, unknownToken: "[UNK]", separatorToken: "[SEP]",
                classificationToken: "[CLS]",
                otherTokens: [AddedToken("[PAD]"), AddedToken("[MASK]")])
        }

        /// XLNet's.
        public static var xlnet: Self {
            Self(
                lowercases: false, unknownToken: "<unk>", separatorToken: "<sep>",
                classificationToken: "<cls>",
                otherTokens: [
                    AddedToken("<s>"), AddedToken("</s>"), AddedToken("<pad>"),
                    AddedToken("<mask>", stripsLeft: true), AddedToken("<eop>"), AddedToken("<eod>"),
                ])
        }

        /// The tokens found in the text itself.
        fileprivate var addedTokens: [AddedToken] {
            [unknownToken, separatorToken, classificationToken].map { AddedToken($0) } + otherTokens
        }
    }

    /// BERT's tokenizer of a `vocab.txt`: a piece a line, whose id is its place.
    ///
    /// It is the one transformers' `BertTokenizer` makes of the file; of equal lines the last holds.
    ///
    /// - Throws: `TextError` if the unknown token is no piece.
    public init(
        vocabulary lines: [String], options: VocabularyOptions = .bert
    ) throws(TextError) {
        var pieces: [(token: String, id: Int)] = []
        var placeOfPiece: [[UInt8]: Int] = [:]
        for (id, line) in lines.enumerated() {
            if let place = placeOfPiece.updateValue(pieces.count, forKey: Array(line.utf8)) {
                placeOfPiece[Array(line.utf8)] = place
                pieces[place].id = id
            } else {
                pieces.append((line, id))
            }
        }
        let model = try WordPiece(
            vocabulary: pieces.map { ($0.token, $0.id) }, unknownToken: options.unknownToken)
        try self.init(
            model: .wordPiece(model), pieces: pieces,
            normalizer: .bert(
                BertNormalizer(
                    separatesChinese: options.separatesChinese, stripsAccents: options.stripsAccents,
                    lowercases: options.lowercases)),
            preTokenizer: .bert, addedTokens: options.addedTokens
        ) { id throws(TextError) in
            .bert(
                classification: try Self.required(options.classificationToken, id),
                separator: try Self.required(options.separatorToken, id))
        }
    }

    /// XLNet's tokenizer of a `spiece.model`, as transformers 5 converts it.
    ///
    /// - Throws: `TextError` if the model is none of SentencePiece's Unigram.
    public init(
        sentencePiece model: SentencePieceModel, options: VocabularyOptions = .xlnet
    ) throws(TextError) {
        var steps: [Normalizer] = [
            .replace(pattern: "``", content: "\""), .replace(pattern: "''", content: "\""), .nfkd,
            .stripAccents,
        ]
        if options.lowercases { steps.append(.lowercase) }
        if let map = model.characterMap { steps.append(.precompiled(map)) }
        try self.init(
            model: .unigram(
                try Unigram(pieces: model.pieces.map { ($0.text, $0.score) }, unknown: model.unknown)),
            pieces: model.pieces.enumerated().map { ($0.element.text, $0.offset) },
            normalizer: .sequence(steps),
            preTokenizer: .sequence([.whitespaceSplit, .metaspace(Metaspace())]),
            addedTokens: options.addedTokens
                + model.pieces.filter(\.isAdded).map { AddedToken($0.text, isSpecial: $0.kind == .control) }
        ) { id throws(TextError) in
            .xlnet(
                classification: try Self.required(options.classificationToken, id),
                separator: try Self.required(options.separatorToken, id))
        }
    }

    private static func required(_ token: String, _ id: (String) -> Int?) throws(TextError) -> Int {
        guard let id = id(token) else { throw TextError("the vocabulary has no token \"\(token)\"") }
        return id
    }
}
