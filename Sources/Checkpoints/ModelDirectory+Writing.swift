internal import Foundation
public import Tensors

/// The small files of a model directory that is written.
public struct ModelFiles: Sendable {
    /// `config.json`.
    public var config: JSONValue
    /// `vocab.json`: tokens in the order of the head's rows; none writes no tokenizer's files.
    public var tokens: [String]
    /// How audio is prepared.
    public var preprocessor: PreprocessorConfig
    /// Which tokens are special.
    public var tokenizer: TokenizerConfig
    /// The model card, `README.md`; nil writes none.
    public var card: String?

    /// The files of a directory.
    public init(
        config: JSONValue, tokens: [String], preprocessor: PreprocessorConfig,
        tokenizer: TokenizerConfig = TokenizerConfig(), card: String? = nil
    ) {
        self.config = config
        self.tokens = tokens
        self.preprocessor = preprocessor
        self.tokenizer = tokenizer
        self.card = card
    }
}

extension ModelFiles {
    /// The files of a tokenizer.
    fileprivate var tokenizerTexts: [(String, JSONValue)] {
        let vocabulary = JSONValue.object(
            tokens.enumerated().map { JSONValue.Member($0.element, .integer($0.offset)) })
        return [
            ("vocab.json", vocabulary), ("tokenizer_config.json", tokenizer.json),
            ("special_tokens_map.json", tokenizer.specialTokensMap),
        ]
    }
}

/// Writes a directory that transformers' `from_pretrained` loads without a missing or unexpected key.
///
/// It appears at `path` whole or not at all, in place of a model directory that was there; any other folder that
/// is not empty is left alone.
public func writeModelDirectory(
    at path: String, values: Tensor, layout: ParameterLayout, files: ModelFiles
) throws(CheckpointError) {
    let present = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    guard present.isEmpty || present.contains("config.json") else {
        throw CheckpointError(path, "is a folder of other files, which would be lost; choose another")
    }
    let directory = try AtomicDirectory(path: path)
    var weights = SafetensorsWriter()
    for slot in layout.slots { weights.add(slot, of: values) }
    try weights.write(to: directory.temporaryPath + "/model.safetensors")
    var texts: [(String, JSONValue)] = [
        ("config.json", files.config), ("preprocessor_config.json", files.preprocessor.json),
    ]
    if !files.tokens.isEmpty { texts += files.tokenizerTexts }
    for (name, value) in texts {
        try AtomicFile.write(Data((value.text() + "\n").utf8), to: directory.temporaryPath + "/" + name)
    }
    if let card = files.card {
        try AtomicFile.write(Data(card.utf8), to: directory.temporaryPath + "/README.md")
    }
    try directory.commit()
}
