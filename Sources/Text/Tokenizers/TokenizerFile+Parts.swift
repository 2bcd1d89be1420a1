internal import JSON

extension TokenizerModel {
    /// The model of a `tokenizer.json`, with its pieces.
    static func read(
        _ field: TokenizerField
    ) throws(TextError) -> (model: TokenizerModel, pieces: [(token: String, id: Int)]) {
        // Old files do not name the model; the vocabulary reveals it.
        let type = try field.optional("type")?.string()
        switch (type, try field["vocab"].value) {
        case ("WordPiece", .object), (nil, .object): return try wordPiece(field)
        case ("Unigram", .array), (nil, .array): return try unigram(field)
        case ("WordPiece", _), ("Unigram", _): throw try field["vocab"].fault("has not the model's form")
        default:
            throw field.fault("is \(type ?? "unknown"); WordPiece (BERT) and Unigram (XLNet) are read")
        }
    }

    private static func wordPiece(
        _ field: TokenizerField
    ) throws(TextError) -> (model: TokenizerModel, pieces: [(token: String, id: Int)]) {
        let vocabulary = try field["vocab"]
        var pieces: [(token: String, id: Int)] = []
        for member in vocabulary.value.members ?? [] {
            pieces.append(
                (member.key, try TokenizerField(member.value, "\(vocabulary.path): \(member.key)").id()))
        }
        let model = try WordPiece(
            vocabulary: pieces.map { ($0.token, $0.id) },
            unknownToken: field.optional("unk_token")?.string() ?? "[UNK]",
            continuationPrefix: field.optional("continuing_subword_prefix")?.string() ?? "##",
            maximumCharacters: field.optional("max_input_chars_per_word")?.id() ?? 100)
        return (.wordPiece(model), pieces)
    }

    private static func unigram(
        _ field: TokenizerField
    ) throws(TextError) -> (model: TokenizerModel, pieces: [(token: String, id: Int)]) {
        guard try !field.boolean("byte_fallback", default: false) else {
            throw field.fault(
                "falls back to bytes, which XLNet's does not do and this program does not support")
        }
        let vocabulary = try field["vocab"]
        var pieces: [(piece: String, score: Double)] = []
        for (index, entry) in (vocabulary.value.elements ?? []).enumerated() {
            guard let pair = entry.elements, pair.count == 2, let piece = pair[0].string,
                let score = pair[1].double
            else { throw vocabulary.fault("[\(index)] is no piece with its score") }
            pieces.append((piece, score))
        }
        let model = try Unigram(pieces: pieces, unknown: field["unk_id"].id())
        return (.unigram(model), pieces.enumerated().map { ($0.element.piece, $0.offset) })
    }
}

extension AddedToken {
    init(_ field: TokenizerField) throws(TextError) {
        let isSpecial = try field.boolean("special", default: false)
        try self.init(
            field["content"].string(),
            isSingleWord: field.boolean("single_word", default: false),
            stripsLeft: field.boolean("lstrip", default: false),
            stripsRight: field.boolean("rstrip", default: false),
            isNormalized: field.boolean("normalized", default: !isSpecial),
            isSpecial: isSpecial)
    }
}

extension Normalizer {
    init(_ field: TokenizerField) throws(TextError) {
        switch try field.type() {
        case "BertNormalizer":
            self = try .bert(
                BertNormalizer(
                    cleansText: field.boolean("clean_text", default: true),
                    separatesChinese: field.boolean("handle_chinese_chars", default: true),
                    stripsAccents: field.optional("strip_accents")?.boolean(),
                    lowercases: field.boolean("lowercase", default: true)))
        case "Lowercase": self = .lowercase
        case "NFD": self = .nfd
        case "NFKD": self = .nfkd
        case "StripAccents": self = .stripAccents
        case "Strip":
            self = try .strip(left: field["strip_left"].boolean(), right: field["strip_right"].boolean())
        case "Replace": self = try Self.replacement(field)
        case "Prepend": self = try .prepend(field["prepend"].string())
        case "Precompiled":
            let text = try field["precompiled_charsmap"]
            guard let bytes = decodeBase64(try text.string()) else { throw text.fault("is no base64") }
            self = .precompiled(try CharacterMap(bytes))
        case "Sequence":
            self = .sequence(
                try field["normalizers"].array().map { (step) throws(TextError) in try Normalizer(step) })
        case let other:
            throw field.fault(
                "is \(other), which no tokenizer of BERT or XLNet has and this program does not support")
        }
    }

    private static func replacement(_ field: TokenizerField) throws(TextError) -> Normalizer {
        let pattern = try field["pattern"]
        let content = try field["content"].string()
        if let text = try pattern.optional("String")?.string() {
            return .replace(pattern: text, content: content)
        }
        // The one regular expression that transformers writes for these models.
        guard try pattern["Regex"].string() == " {2,}" else {
            throw pattern.fault("is a regular expression other than \" {2,}\"")
        }
        return .replaceSpaces(content: content)
    }
}

extension PreTokenizer {
    init(_ field: TokenizerField) throws(TextError) {
        switch try field.type() {
        case "BertPreTokenizer": self = .bert
        case "WhitespaceSplit": self = .whitespaceSplit
        case "Punctuation" where try field.optional("behavior")?.string() ?? "Isolated" == "Isolated":
            self = .punctuation
        case "Metaspace": self = .metaspace(try Metaspace(field))
        case "Sequence":
            self = .sequence(
                try field["pretokenizers"].array().map { (step) throws(TextError) in try PreTokenizer(step) })
        case let other:
            throw field.fault(
                "is \(other), which no tokenizer of BERT or XLNet has and this program does not support")
        }
    }
}

extension Metaspace {
    fileprivate init(_ field: TokenizerField) throws(TextError) {
        let text = try field["replacement"]
        let scalars = try text.string().unicodeScalars
        guard let replacement = scalars.first, scalars.count == 1 else {
            throw text.fault("is not one character")
        }
        var prepending = Prepending.always
        if let scheme = try field.optional("prepend_scheme") {
            guard let known = Prepending(rawValue: try scheme.string()) else {
                throw scheme.fault("is not always, first or never")
            }
            prepending = known
        }
        // The older form, before there was a scheme.
        if try !field.boolean("add_prefix_space", default: true) { prepending = .never }
        self.init(
            replacement: replacement, prepending: prepending,
            splits: try field.boolean("split", default: true))
    }
}

extension SpecialTokenTemplate {
    init(_ field: TokenizerField) throws(TextError) {
        switch try field.type() {
        case "BertProcessing":
            func id(_ key: String) throws(TextError) -> Int {
                let pair = try field[key].array()
                guard pair.count == 2 else { throw try field[key].fault("is no token with its id") }
                return try pair[1].id()
            }
            self = .bert(classification: try id("cls"), separator: try id("sep"))
        case "TemplateProcessing":
            let tokens = try field["special_tokens"]
            try self.init(
                single: Self.parts(field["single"], tokens), pair: Self.parts(field["pair"], tokens))
        case let other:
            throw field.fault("is \(other); BertProcessing and TemplateProcessing are read")
        }
    }

    private static func parts(
        _ template: TokenizerField, _ tokens: TokenizerField
    ) throws(TextError) -> [Part] {
        var parts: [Part] = []
        for piece in try template.array() {
            if let text = try piece.optional("Sequence") {
                let type = try text["type_id"].id()
                switch try text["id"].string() {
                case "A": parts.append(.first(type: type))
                case "B": parts.append(.second(type: type))
                case let other: throw text.fault("names the text \"\(other)\", which is neither A nor B")
                }
            } else {
                let token = try piece["SpecialToken"]
                let ids = try tokens[try token["id"].string()]["ids"].array()
                parts.append(
                    .tokens(
                        try ids.map { (id) throws(TextError) in try id.id() },
                        type: try token["type_id"].id()))
            }
        }
        return parts
    }
}

/// The bytes of base64 (RFC 4648, section 4), or nil if it is invalid.
func decodeBase64(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var (bits, count): (UInt32, Int) = (0, 0)
    let digits = text.utf8.reversed().drop { $0 == UInt8(ascii: "=") }.reversed()
    guard text.utf8.count % 4 == 0, text.utf8.count - digits.count <= 2 else { return nil }
    for digit in digits {
        let value: UInt8
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = digit - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): value = digit - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): value = 62
        case UInt8(ascii: "/"): value = 63
        default: return nil
        }
        (bits, count) = (bits << 6 | UInt32(value), count + 6)
        if count >= 8 {
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
    }
    return bytes
}
