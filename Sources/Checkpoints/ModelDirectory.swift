internal import Files
internal import Foundation
public import JSON

/// A model directory in Hugging Face's layout, with its small files read and checked, its weights still on
/// disk.
public struct ModelDirectory: Sendable {
    /// The directory.
    public let path: String
    /// `config.json`, unchanged.
    public let config: JSONValue
    /// The tokens of `vocab.json` in the order of the head's rows, or nil if there is no such file.
    public let tokens: [String]?
    /// Audio preprocessing.
    public let preprocessor: PreprocessorConfig
    /// Which tokens are special.
    public let tokenizer: TokenizerConfig

    /// The maximum size of a small file.
    static let maximumFileBytes = 64 << 20

    /// Reads a directory's small files.
    public init(path: String) throws(CheckpointError) {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue
        else { throw CheckpointError(path, "no such model directory" + Self.hubHint(path)) }
        try self.init(path: path) { name throws(CheckpointError) in try Self.json(path + "/" + name) }
    }

    /// A hint for `OWNER/NAME`, the hub's model names.
    private static func hubHint(_ path: String) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts.contains(""), parts[0] != ".", parts[0] != "..",
            !FileManager.default.fileExists(atPath: String(parts[0]))
        else { return "" }
        return
            "; nothing is downloaded: download that model's files from huggingface.co and name their folder"
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
        func keys(_ name: String) throws(CheckpointError) -> StatedKeys {
            StatedKeys(try json(name), path: path + "/" + name)
        }
        let tokenizerKeys = try keys("tokenizer_config.json")
        tokenizer = try TokenizerConfig(
            tokenizerKeys, try keys("special_tokens_map.json"),
            model: StatedKeys(config, path: path + "/config.json"))
        preprocessor = try PreprocessorConfig(
            try keys("preprocessor_config.json"), processor: try keys("processor_config.json"))
        guard let vocabulary = try json("vocab.json") else {
            tokens = nil
            return
        }
        let base = try Self.tokens(vocabulary, of: tokenizer.targetLanguage, path: path + "/vocab.json")
        let added = Self.addedTokens(try json("added_tokens.json"), tokenizerKeys.value)
        tokens = Self.extend(base, by: added, to: config["vocab_size"]?.integer ?? 0)
    }

    /// Tokens of transformers' tokenizer besides its vocabulary, such as an untrained `<s>`, by id.
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
        return try tokens(value, of: nil, path: path)
    }

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
            throw CheckpointError(
                path, "is larger than \(maximumFileBytes) bytes, too large for a file of its kind")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CheckpointError(path, "cannot be read: \(systemReason())")
        }
        if let fault = strangerFault(start: [UInt8](data.prefix(64))) { throw CheckpointError(path, fault) }
        return data
    }

    /// `{token: id}` as a list; every id from 0 on must have exactly one token.
    ///
    /// A multilingual model has such an object for each language; its tokenizer names one.
    private static func tokens(
        _ file: JSONValue, of language: String?, path: String
    ) throws(CheckpointError) -> [String] {
        var value = file
        if let languages = file.members, !languages.isEmpty, languages.allSatisfy({ $0.value.members != nil })
        {
            guard let language,
                let chosen = languages.first(where: { $0.key.utf8.elementsEqual(language.utf8) })
            else {
                let names = languages.prefix(20).map(\.key).joined(separator: ", ")
                throw CheckpointError(
                    path,
                    "has a vocabulary for each of several languages (\(names)), and tokenizer_config.json's "
                        + "target_lang is none of them")
            }
            value = chosen.value
        }
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
