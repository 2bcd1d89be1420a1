public import JSON

/// What a tokenizer is and which of its tokens are special: `tokenizer_config.json` and `special_tokens_map.json`.
public struct TokenizerConfig: Sendable, Equatable {
    /// The CTC blank.
    public var pad = "<pad>"
    /// The start of a text.
    public var beginning = "<s>"
    /// The end of a text.
    public var end = "</s>"
    /// A token outside the vocabulary.
    public var unknown = "<unk>"
    /// Further tokens that are never spoken.
    public var additional: [String] = []
    /// What stands between words; nil is nothing.
    public var wordDelimiter: String? = "|"
    /// What the delimiter becomes in a text.
    public var delimiterText = " "
    /// Whether transformers' tokenizer raises texts to upper case and lowers what it decodes.
    public var lowersCase = false
    /// Whether it takes out spaces before punctuation.
    public var cleansSpaces = false
    /// Whether texts are phones separated by spaces: transformers' phoneme tokenizer.
    public var isPhonetic = false
    /// The language whose vocabulary is meant, of a model with several.
    public var targetLanguage: String?
    /// The files as they were read, with keys that mean nothing here.
    private var stated: JSONValue?
    private var statedMap: JSONValue?

    /// Whether texts become the same tokens; keys that mean nothing here do not count.
    public static func == (a: TokenizerConfig, b: TokenizerConfig) -> Bool {
        a.special == b.special && a.pad == b.pad && a.unknown == b.unknown
            && a.wordDelimiter == b.wordDelimiter
            && a.delimiterText == b.delimiterText && a.lowersCase == b.lowersCase
            && a.cleansSpaces == b.cleansSpaces && a.isPhonetic == b.isPhonetic
            && a.targetLanguage == b.targetLanguage
    }

    private static let lettersClass = "Wav2Vec2CTCTokenizer"
    private static let phonesClass = "Wav2Vec2PhonemeCTCTokenizer"

    /// transformers' defaults: letters with `|` between words.
    public init() {}

    /// A tokenizer of phones that are given as such, which transformers need not make of words.
    public static var phones: TokenizerConfig {
        var config = TokenizerConfig()
        config.isPhonetic = true
        config.wordDelimiter = nil
        return config
    }

    /// What the files state, transformers' defaults elsewhere.
    ///
    /// - Parameter model: `config.json`, which may name the tokenizer's class, too.
    /// - Throws: `CheckpointError` if a key has a value of another type.
    init(_ tokenizer: StatedKeys, _ specialTokens: StatedKeys, model: StatedKeys) throws(CheckpointError) {
        func token(_ key: String, _ fallback: String) throws(CheckpointError) -> String {
            let stated = (try tokenizer.token(key), try specialTokens.token(key))
            return stated.0 ?? stated.1 ?? fallback
        }
        pad = try token("pad_token", pad)
        beginning = try token("bos_token", beginning)
        end = try token("eos_token", end)
        unknown = try token("unk_token", unknown)
        additional = Self.list(tokenizer.value?["additional_special_tokens"])
        additional += Self.list(tokenizer.value?["extra_special_tokens"])
        additional += Self.list(specialTokens.value?["additional_special_tokens"])
        let names = (try tokenizer.string("tokenizer_class"), try model.string("tokenizer_class"))
        let phonemizes = try tokenizer.boolean("do_phonemize")
        isPhonetic = (names.0 ?? names.1).map { $0.hasPrefix("Wav2Vec2Phoneme") } ?? (phonemizes != nil)
        let delimiters = (
            try tokenizer.token("word_delimiter_token"), try specialTokens.token("word_delimiter_token")
        )
        let hasNone = isPhonetic || tokenizer.isNull("word_delimiter_token")
        wordDelimiter = delimiters.0 ?? delimiters.1 ?? (hasNone ? nil : "|")
        delimiterText = try tokenizer.string("replace_word_delimiter_char") ?? " "
        let lowersCase = try tokenizer.boolean("do_lower_case") ?? false
        self.lowersCase = lowersCase && !isPhonetic
        cleansSpaces = try tokenizer.boolean("clean_up_tokenization_spaces") ?? false
        targetLanguage = try tokenizer.string("target_lang")
        stated = tokenizer.value
        statedMap = specialTokens.value
    }

    /// Tokens of a list, as texts or as objects with their texts.
    private static func list(_ value: JSONValue?) -> [String] {
        (value?.elements ?? []).compactMap { $0.string ?? $0["content"]?.string }
    }

    /// All special tokens.
    public var special: Set<String> { Set([pad, beginning, end, unknown] + additional) }

    /// The same for a vocabulary that was not read with it, of letters or of phones.
    ///
    /// What belongs to the old vocabulary is left out: a class for other units, ids of tokens, a language.
    public func fitting(_ tokens: [String], phones: Bool) -> TokenizerConfig {
        var config = self
        if phones != isPhonetic {
            config = phones ? .phones : TokenizerConfig()
        } else {
            for key in ["added_tokens_decoder", "target_lang"] { config.stated?[key] = nil }
            config.targetLanguage = nil
        }
        let known = Set(tokens)
        guard !known.contains(config.pad) else { return config }
        // A vocabulary made elsewhere has its own names for the blank and the unknown.
        for (pad, unknown) in [("<pad>", "<unk>"), ("[PAD]", "[UNK]")] where known.contains(pad) {
            (config.pad, config.unknown) = (pad, unknown)
            config.statedMap = nil
            for (key, token) in [("pad_token", pad), ("unk_token", unknown)] where config.stated != nil {
                config.stated?[key] = .string(token)
            }
        }
        return config
    }

    /// The content of `tokenizer_config.json`: what was read, or what transformers needs to read the same.
    public var json: JSONValue {
        guard var json = stated else { return fresh }
        if json["tokenizer_class"] == nil {
            json["tokenizer_class"] = .string(isPhonetic ? Self.phonesClass : Self.lettersClass)
        }
        return json.withoutLanguageModel
    }

    private var fresh: JSONValue {
        var members: [JSONValue.Member] = [
            .init("bos_token", .string(beginning)), .init("eos_token", .string(end)),
            .init("pad_token", .string(pad)), .init("unk_token", .string(unknown)),
        ]
        if isPhonetic {
            members += [
                .init("do_phonemize", .boolean(false)), .init("phone_delimiter_token", .string(" ")),
                .init("phonemizer_backend", .string("espeak")), .init("phonemizer_lang", .string("en-us")),
                .init("tokenizer_class", .string(Self.phonesClass)),
            ]
        } else {
            members += [
                .init("do_lower_case", .boolean(lowersCase)),
                .init("replace_word_delimiter_char", .string(delimiterText)),
                .init("tokenizer_class", .string(Self.lettersClass)),
            ]
        }
        members.append(.init("word_delimiter_token", wordDelimiter.map(JSONValue.string) ?? .null))
        return .object(members.sorted { $0.key < $1.key })
    }

    /// The content of `special_tokens_map.json`.
    public var specialTokensMap: JSONValue {
        statedMap
            ?? .object([
                .init("bos_token", .string(beginning)), .init("eos_token", .string(end)),
                .init("pad_token", .string(pad)), .init("unk_token", .string(unknown)),
            ])
    }
}
