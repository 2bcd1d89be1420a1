public import Foundation
public import JSON

/// A model directory as Hugging Face lays it out; its small files read and checked, its weights still on
/// disk.
public struct ModelDirectory: Sendable {
    /// The directory.
    public let path: String
    /// `config.json`, as it stands.
    public let config: JSONValue
    /// The tokens of `vocab.json` in the order of the head's rows, or nil if there is no such file.
    public let tokens: [String]?
    /// How audio is prepared.
    public let preprocessor: PreprocessorConfig
    /// Which tokens are special.
    public let tokenizer: TokenizerConfig

    /// The largest of the small files that is read.
    static let maximumFileBytes = 64 << 20

    /// Reads a directory's small files.
    public init(path: String) throws(CheckpointError) {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue
        else { throw CheckpointError(path, "no such model directory") }
        try self.init(path: path) { name throws(CheckpointError) in try Self.json(path + "/" + name) }
    }

    /// Reads the small files of a packed directory.
    init(_ pack: ModelPack) throws(CheckpointError) {
        try self.init(path: pack.path) { name throws(CheckpointError) in try pack.json(name) }
    }

    /// - Parameter json: Gives a small file's content, or nil if there is none of the name.
    private init(
        path: String, json: (String) throws(CheckpointError) -> JSONValue?
    ) throws(CheckpointError) {
        self.path = path
        guard let config = try json("config.json") else {
            throw CheckpointError(path, "has no config.json: not a Hugging Face model directory")
        }
        self.config = config
        let tokenizerConfig = try json("tokenizer_config.json")
        tokenizer = TokenizerConfig(tokenizerConfig, try json("special_tokens_map.json"))
        preprocessor = PreprocessorConfig(try json("preprocessor_config.json"))
        guard let vocabulary = try json("vocab.json") else {
            tokens = nil
            return
        }
        let base = try Self.tokens(vocabulary, path: path + "/vocab.json")
        let added = Self.addedTokens(try json("added_tokens.json"), tokenizerConfig)
        tokens = Self.extend(base, by: added, to: config["vocab_size"]?.integer ?? 0)
    }

    /// Tokens that transformers' tokenizer has beside its vocabulary, such as an `<s>` that nobody trained, by
    /// id.
    private static func addedTokens(_ file: JSONValue?, _ tokenizerConfig: JSONValue?) -> [Int: String] {
        var added: [Int: String] = [:]
        for member in file?.members ?? [] {
            if let id = member.value.integer { added[id] = member.key }
        }
        for member in tokenizerConfig?["added_tokens_decoder"]?.members ?? [] {
            if let id = Int(member.key), let content = member.value["content"]?.string { added[id] = content }
        }
        return added
    }

    /// The vocabulary with as many added tokens as the head has rows for; heads with and without rows for them
    /// exist.
    private static func extend(_ tokens: [String], by added: [Int: String], to count: Int) -> [String] {
        var extended = tokens
        while extended.count < count, let token = added[extended.count] { extended.append(token) }
        return extended
    }

    /// Reads the tokens of a `vocab.json`.
    public static func tokens(ofVocabulary path: String) throws(CheckpointError) -> [String] {
        guard let value = try json(path) else { throw CheckpointError(path, "no such file") }
        return try tokens(value, path: path)
    }

    /// The bytes of `config.json`, for a typed decoder.
    public var configData: Data { Data(config.line.utf8) }

    /// The content of a small JSON file, or nil if there is none.
    static func json(_ path: String) throws(CheckpointError) -> JSONValue? {
        guard let data = try smallFile(path) else { return nil }
        do {
            return try JSONValue(parsing: data)
        } catch {
            throw CheckpointError(path, "\(error)")
        }
    }

    /// The bytes of a small file, or nil if there is none.
    static func smallFile(_ path: String) throws(CheckpointError) -> Data? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard try regularFileSize(path) <= maximumFileBytes else {
            throw CheckpointError(path, "is larger than \(maximumFileBytes) bytes: nothing of its kind is")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CheckpointError(path, "cannot be read: \(systemReason())")
        }
        return data
    }

    /// `{token: id}` as a list; every id from 0 on must have exactly one token.
    private static func tokens(_ value: JSONValue, path: String) throws(CheckpointError) -> [String] {
        guard let members = value.members, !members.isEmpty else {
            throw CheckpointError(path, "must be an object of tokens and their ids")
        }
        var tokens = [String?](repeating: nil, count: members.count)
        for member in members {
            guard let id = member.value.integer, tokens.indices.contains(id), tokens[id] == nil else {
                throw CheckpointError(
                    path,
                    "token \"\(member.key)\" has the id \(member.value.line); "
                        + "ids must run from 0 to \(members.count - 1), each once")
            }
            tokens[id] = member.key
        }
        return tokens.compactMap { $0 }
    }
}

/// How audio is prepared: `preprocessor_config.json`.
public struct PreprocessorConfig: Sendable, Equatable {
    /// Whether each waveform is brought to zero mean and unit variance.
    public var normalizes = true
    /// Samples a second.
    public var samplingRate = 16000
    /// Whether transformers masks padding; false for models with group norm.
    public var returnsAttentionMask = false

    /// What a file states, transformers' defaults elsewhere.
    public init(_ value: JSONValue? = nil) {
        normalizes = value?["do_normalize"]?.boolean ?? true
        samplingRate = value?["sampling_rate"]?.integer ?? 16000
        returnsAttentionMask = value?["return_attention_mask"]?.boolean ?? false
    }

    /// The file's content.
    public var json: JSONValue {
        .object([
            .init("do_normalize", .boolean(normalizes)),
            .init("feature_extractor_type", .string("Wav2Vec2FeatureExtractor")),
            .init("feature_size", .integer(1)),
            .init("padding_side", .string("right")),
            .init("padding_value", .number(0)),
            .init("return_attention_mask", .boolean(returnsAttentionMask)),
            .init("sampling_rate", .integer(samplingRate)),
        ])
    }
}

/// Which tokens are special: `tokenizer_config.json` and `special_tokens_map.json`.
public struct TokenizerConfig: Sendable, Equatable {
    /// The CTC blank.
    public var pad = "<pad>"
    /// The start of a text.
    public var beginning = "<s>"
    /// The end of a text.
    public var end = "</s>"
    /// A token outside the vocabulary.
    public var unknown = "<unk>"
    /// What stands between words.
    public var wordDelimiter = "|"
    /// Whether transformers' tokenizer raises texts to upper case and lowers what it decodes.
    public var lowersCase = false

    /// What the files state, transformers' defaults elsewhere.
    public init(_ tokenizer: JSONValue? = nil, _ specialTokens: JSONValue? = nil) {
        func token(_ key: String, _ fallback: String) -> String {
            for file in [tokenizer, specialTokens] {
                if let string = file?[key]?.string { return string }
                if let content = file?[key]?["content"]?.string { return content }
            }
            return fallback
        }
        pad = token("pad_token", pad)
        beginning = token("bos_token", beginning)
        end = token("eos_token", end)
        unknown = token("unk_token", unknown)
        wordDelimiter = token("word_delimiter_token", wordDelimiter)
        lowersCase = tokenizer?["do_lower_case"]?.boolean ?? false
    }

    /// All special tokens.
    public var special: Set<String> { [pad, beginning, end, unknown] }

    /// The content of `tokenizer_config.json`.
    public var json: JSONValue {
        .object([
            .init("bos_token", .string(beginning)), .init("do_lower_case", .boolean(lowersCase)),
            .init("eos_token", .string(end)), .init("pad_token", .string(pad)),
            .init("replace_word_delimiter_char", .string(" ")),
            .init("tokenizer_class", .string("Wav2Vec2CTCTokenizer")),
            .init("unk_token", .string(unknown)), .init("word_delimiter_token", .string(wordDelimiter)),
        ])
    }

    /// The content of `special_tokens_map.json`.
    public var specialTokensMap: JSONValue {
        .object([
            .init("bos_token", .string(beginning)), .init("eos_token", .string(end)),
            .init("pad_token", .string(pad)), .init("unk_token", .string(unknown)),
        ])
    }
}
