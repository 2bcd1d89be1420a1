public import Foundation
public import JSON
public import Tensors

/// The small files of a model directory to be written.
public struct ModelFiles: Sendable {
    /// `config.json`.
    public var config: JSONValue
    /// `vocab.json`: tokens in the order of the head's rows; nil, for a model without a head, writes neither it
    /// nor a tokenizer.
    public var tokens: [String]?
    /// Audio preprocessing; nil for a text model, which has none.
    public var preprocessor: PreprocessorConfig?
    /// Which tokens are special.
    public var tokenizer: TokenizerConfig
    /// Files copied unchanged: a text tokenizer.
    public var kept: [KeptFile] = []
    /// The model card, `README.md`; nil writes none.
    public var card: String?

    /// The files of a directory.
    public init(
        config: JSONValue, tokens: [String]?, preprocessor: PreprocessorConfig,
        tokenizer: TokenizerConfig = TokenizerConfig(), card: String? = nil
    ) {
        self.config = config
        self.tokens = tokens
        self.preprocessor = preprocessor
        self.tokenizer = tokenizer
        self.card = card
    }

    /// The files of a text model, whose tokenizer is unchanged.
    public init(config: JSONValue, kept: [KeptFile], card: String? = nil) {
        self.config = config
        tokens = nil
        preprocessor = nil
        tokenizer = TokenizerConfig()
        self.kept = kept
        self.card = card
    }
}

/// A small file of a model directory, byte for byte.
public struct KeptFile: Sendable, Equatable {
    /// Its name in the directory.
    public let name: String
    /// Its bytes.
    public let content: Data

    /// Whether a model directory's file is a tokenizer's.
    static let tokenizerNames = [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "vocab.txt", "spiece.model",
    ]

    /// The files of the text tokenizer of a model.
    public static func tokenizer(of model: StoredModel) throws(CheckpointError) -> [KeptFile] {
        var files: [KeptFile] = []
        for name in tokenizerNames {
            if let content = try model.smallFile(name) {
                files.append(KeptFile(name: name, content: Data(content)))
            }
        }
        return files
    }
}

/// Writes a directory that transformers' `from_pretrained` loads without a missing or unexpected key.
///
/// It is written atomically, replacing an existing model directory; any other non-empty folder is left alone.
public func writeModelDirectory(
    at path: String, values: Tensor, layout: ParameterLayout, files: ModelFiles
) throws(CheckpointError) {
    var weights = SafetensorsWriter()
    for slot in layout.slots { weights.add(slot, of: values) }
    try writeModelDirectory(at: path, weights: weights, files: files)
}

/// Writes a directory as above, with whatever weights.
public func writeModelDirectory(
    at path: String, weights: SafetensorsWriter, files: ModelFiles
) throws(CheckpointError) {
    try requireNoOthers(in: path)
    let directory = try AtomicDirectory(path: path)
    try weights.write(to: directory.temporaryPath + "/model.safetensors")
    for (name, value) in files.texts {
        try AtomicFile.write(Data((value.text() + "\n").utf8), to: directory.temporaryPath + "/" + name)
    }
    for file in files.kept {
        try AtomicFile.write(file.content, to: directory.temporaryPath + "/" + file.name)
    }
    if let card = files.card {
        try AtomicFile.write(Data(card.utf8), to: directory.temporaryPath + "/README.md")
    }
    try directory.commit()
}

/// Refuses a folder of other files that a model would replace.
func requireNoOthers(in path: String) throws(CheckpointError) {
    let present = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    guard present.isEmpty || present.contains("config.json") else {
        throw CheckpointError(path, "is a folder of other files, which would be lost; choose another")
    }
}

extension ModelFiles {
    /// The JSON files and their names.
    fileprivate var texts: [(String, JSONValue)] {
        let always = [("config.json", config)] + (preprocessor?.files ?? [])
        guard let tokens else { return always }
        var vocabulary = JSONValue.object(
            tokens.enumerated().map { JSONValue.Member($0.element, .integer($0.offset)) })
        if let language = tokenizer.targetLanguage { vocabulary = .object([.init(language, vocabulary)]) }
        return always + [
            ("vocab.json", vocabulary), ("tokenizer_config.json", tokenizer.json),
            ("special_tokens_map.json", tokenizer.specialTokensMap),
        ]
    }
}
