internal import Foundation
public import JSON
public import Tensors

/// The small files of a model directory that is written.
public struct ModelFiles: Sendable {
    /// `config.json`.
    public var config: JSONValue
    /// `vocab.json`: tokens in the order of the head's rows; nil, for a model without a head, writes neither it
    /// nor a tokenizer.
    public var tokens: [String]?
    /// How audio is prepared.
    public var preprocessor: PreprocessorConfig
    /// Which tokens are special.
    public var tokenizer: TokenizerConfig
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
}

/// Writes a directory that transformers' `from_pretrained` loads without a missing or unexpected key.
///
/// It appears at `path` whole or not at all, in place of a model directory that was there; any other folder that
/// is not empty is left alone.
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
    let present = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    guard present.isEmpty || present.contains("config.json") else {
        throw CheckpointError(path, "is a folder of other files, which would be lost; choose another")
    }
    let directory = try AtomicDirectory(path: path)
    try weights.write(to: directory.temporaryPath + "/model.safetensors")
    for (name, value) in files.texts {
        try AtomicFile.write(Data((value.text() + "\n").utf8), to: directory.temporaryPath + "/" + name)
    }
    if let card = files.card {
        try AtomicFile.write(Data(card.utf8), to: directory.temporaryPath + "/README.md")
    }
    try directory.commit()
}

extension ModelFiles {
    /// The JSON files and their names.
    fileprivate var texts: [(String, JSONValue)] {
        let always = [("config.json", config), ("preprocessor_config.json", preprocessor.json)]
        guard let tokens else { return always }
        let vocabulary = tokens.enumerated().map { JSONValue.Member($0.element, .integer($0.offset)) }
        return always + [
            ("vocab.json", .object(vocabulary)), ("tokenizer_config.json", tokenizer.json),
            ("special_tokens_map.json", tokenizer.specialTokensMap),
        ]
    }
}
