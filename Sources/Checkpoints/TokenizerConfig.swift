public import JSON

/// A tokenizer's settings and special tokens: `tokenizer_config.json` and `special_tokens_map.json`.
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
    /// The token between words; nil for none.
    public var wordDelimiter: String? = "|"
    /// The delimiter's replacement in a text.
    public var delimiterText = " "
    /// Whether transformers' tokenizer upper-cases texts and lower-cases decoded ones.
    public var lowersCase = false
    /// Whether it removes spaces before punctuation.
    public var cleansSpaces = false
    /// Whether texts are phones separated by spaces: transformers' phoneme tokenizer.
    public var isPhonetic = false
    /// The language whose vocabulary to use, in a model with several.
    public var targetLanguage: String?
    /// The files as read, including unused keys.
    private var stated: JSONValue?
    private var statedMap: JSONValue?

    /// Whether texts become the same tokens, ignoring unused keys.
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

    /// A tokenizer for given phones, which transformers need not derive from words.
    public static var phones: TokenizerConfig {
        var config = TokenizerConfig()
        config.isPhonetic = true
        config.wordDelimiter = nil
        return config
    }

    /// The files' settings, with transformers' defaults.
    ///
    /// - Parameter model: `config.json`, which may name the tokenizer's class, too.
    /// - Throws: `CheckpointError` if a value has the wrong type.
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

    /// The same for another vocabulary, of letters or of phones.
    ///
    /// Settings of the old vocabulary are dropped: a class for other units, token ids, a language.
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
        // Another vocabulary has its own names for the blank and the unknown token.
        for (pad, unknown) in [("<pad>", "<unk>"), ("[PAD]", "[UNK]")] where known.contains(pad) {
            (config.pad, config.unknown) = (pad, unknown)
            config.statedMap = nil
            for (key, token) in [("pad_token", pad), ("unk_token", unknown)] where config.stated != nil {
                config.stated?[key] = .string(token)
            }
        }
        return config
    }

    /// The content of `tokenizer_config.json`: as read, or what transformers needs to read the same.
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
