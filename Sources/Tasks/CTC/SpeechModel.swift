package import Checkpoints
internal import Foundation
internal import JSON
package import Models
package import Recipe
package import Speech
package import Tensors
package import Text

/// A stored model without its weights: the network's shape, its tokens, its audio preprocessing.
package struct SpeechModel: Sendable {
    /// The network.
    package let network: Wav2Vec2
    /// Tokens, and which is the blank.
    package let vocabulary: Vocabulary
    /// The stored model.
    package let source: StoredModel
    /// The tokenizer of the vocabulary.
    package let tokenizer: TokenizerConfig
    /// Whether the head starts fresh, because the file has none or another vocabulary was requested.
    let needsFreshHead: Bool

    /// The sample rate in Hz.
    package var sampleRate: Int { source.preprocessor.samplingRate }

    /// Reads a fine-tuned model, with a head and a vocabulary.
    ///
    /// - Parameter phones: Whether its tokens are treated as phones, whatever its tokenizer's class.
    package static func fineTuned(path: String, phones: Bool = false) throws -> SpeechModel {
        let source = try StoredModel.open(path)
        guard let tokens = source.tokens else { throw source.withoutTokens }
        guard try source.openWeights().info("lm_head.weight") != nil else {
            throw CheckpointError(
                path, "has no lm_head; it is pre-trained only. Fine-tune it with `parp train`")
        }
        return try SpeechModel(
            source, tokens: tokens, tokenizer: source.tokenizer, phones: phones, needsFreshHead: false)
    }

    /// Reads a model to fine-tune: the vocabulary is the requested one (a vocab.json, or a fairseq dictionary
    /// if it ends in `.txt`), its own, that of the fairseq folder, or that of the transcripts.
    ///
    /// - Parameter training: The training transcripts; nil for a model that must have its own vocabulary.
    package static func toFineTune(
        path: String, vocabulary: String, training: Transcripts?
    ) throws -> SpeechModel {
        let source = try StoredModel.open(path)
        let hasHead = try source.openWeights().info("lm_head.weight") != nil
        let wantsPhones = training?.labels == .phones
        if !vocabulary.isEmpty {
            let tokens =
                vocabulary.hasSuffix(".txt")
                ? try Manifest.fairseqTokens(dictionary: vocabulary)
                : try ModelDirectory.tokens(ofVocabulary: vocabulary)
            let isOwn = source.tokens.map { sameTokens($0, tokens) } ?? false
            return try SpeechModel(
                source, tokens: tokens,
                tokenizer: isOwn ? source.tokenizer : source.tokenizer.fitting(tokens, phones: wantsPhones),
                phones: wantsPhones, needsFreshHead: !hasHead || !isOwn)
        }
        if let tokens = source.tokens {
            let isOther = wantsPhones && !source.tokenizer.isPhonetic
            return try SpeechModel(
                source, tokens: tokens,
                tokenizer: isOther ? source.tokenizer.fitting(tokens, phones: true) : source.tokenizer,
                phones: wantsPhones, needsFreshHead: !hasHead)
        }
        guard let training, source.dictionaryName == nil else { throw source.withoutTokens }
        let tokens = try training.vocabulary(
            wordDelimiter: wantsPhones ? nil : source.tokenizer.wordDelimiter ?? "|")
        return try SpeechModel(
            source, tokens: tokens, tokenizer: source.tokenizer.fitting(tokens, phones: wantsPhones),
            phones: wantsPhones, needsFreshHead: true)
    }

    /// Training and validation transcripts, which give a model without a vocabulary its tokens.
    ///
    /// Both, since one rare letter in the latter would stop a run with few training texts.
    package struct Transcripts {
        package let manifests: [String]
        package let labels: Manifest.Labels
        package let preparation: TextPreparation

        /// The dictionary of a fairseq folder, else the characters or phones that occur.
        fileprivate func vocabulary(wordDelimiter: String?) throws -> [String] {
            if let first = manifests.first,
                let tokens = try Manifest.fairseqTokens(besides: first, labels: labels)
            {
                return tokens
            }
            let texts = try manifests.flatMap { path in
                try Manifest(path: path, labels: labels, measuresDurations: false).utterances.map(\.text)
            }
            return Vocabulary.build(from: texts.map(preparation.apply), wordDelimiter: wordDelimiter).tokens
        }
    }

    private init(
        _ source: StoredModel, tokens: [String], tokenizer: TokenizerConfig, phones: Bool = false,
        needsFreshHead: Bool
    ) throws {
        // Tokens may come from elsewhere; their number must match the head's rows.
        var stored = source
        stored.tokens = tokens
        network = try stored.openSpeechNetwork(freshTokens: needsFreshHead ? tokens.count : nil)
        vocabulary = try Vocabulary(tokens, of: tokenizer, phones: phones)
        self.source = source
        self.tokenizer = tokenizer
        self.needsFreshHead = needsFreshHead
    }

    /// Reads the weights into a flat store; optional tensors that the file lacks are initialised at random.
    package func loadWeights(into values: Tensor, seed: UInt64) throws {
        let weights = try source.openWeights()
        let head = Set(network.headSlots.map(\.name))
        // A head of another vocabulary has another shape, and must not be read.
        let report = try loadParameters(
            from: weights, into: values, layout: network.layout, skipping: needsFreshHead ? head : [])
        try network.requireComplete(report, of: weights)
        for slot in report.missing { network.layout.initialize(slot, in: values, seed: seed) }
    }

    /// Reads all existing weights and discards them, so that NaN or infinite ones are found before any work.
    package func checkWeights() throws {
        let head = Set(network.headSlots.map(\.name))
        try checkParameters(
            of: try source.openWeights(), layout: network.layout, skipping: needsFreshHead ? head : [])
    }

    /// This model's small files for writing, with what training changed.
    package func files(card: String?) -> ModelFiles {
        var config = source.config.inFloat32
        config["architectures"] = .array([.string(network.configuration.family.recognizerClass)])
        config["vocab_size"] = .integer(vocabulary.size)
        config["pad_token_id"] = .integer(vocabulary.blank)
        config["ctc_loss_reduction"] = .string("sum")
        config["ctc_zero_infinity"] = .boolean(true)
        // transformers creates a mask embedding only for models that mask.
        if config["mask_time_prob"]?.double ?? 0.05 <= 0 {
            config["mask_time_prob"] = .number(0.05)
        }
        return ModelFiles(
            config: config, tokens: vocabulary.tokens, preprocessor: source.preprocessor,
            tokenizer: tokenizer, card: card)
    }
}

/// The shape of a preset, or of a stored model.
package func modelConfiguration(_ name: String) throws -> Wav2Vec2Configuration {
    if let preset = ModelPreset(rawValue: name) { return preset.configuration }
    let source = try StoredModel.open(name)
    var configuration = try source.networkConfiguration()
    configuration.vocabularySize = source.tokens?.count ?? configuration.vocabularySize
    let faults = configuration.faults()
    guard faults.isEmpty else { throw CheckpointError(name, faults.joined(separator: "; ")) }
    return configuration
}

/// Loads a stored model's weights into fresh memory, and discards them: to measure the cost of starting from
/// it.
///
/// - Returns: How many weights it has.
package func loadStoredModel(_ path: String) throws -> Int {
    let source = try StoredModel.open(path)
    let network = try source.openNetwork()
    let weights = try source.openWeights()
    let store = ParameterStore(layout: network.layout, training: false)
    let report = try loadParameters(from: weights, into: store.values.all, layout: network.layout)
    try network.requireComplete(report, of: weights)
    return network.layout.parameterCount
}

extension Vocabulary {
    /// The vocabulary that a tokenizer's files describe; as phones if they are phones or if requested.
    package init(_ tokens: [String], of tokenizer: TokenizerConfig, phones: Bool = false) throws {
        let unit: Spelling.Unit = phones || tokenizer.isPhonetic ? .phones : .letters
        try self.init(
            tokens: tokens, blank: tokenizer.pad,
            spelling: Spelling(
                unit, wordDelimiter: phones && !tokenizer.isPhonetic ? nil : tokenizer.wordDelimiter,
                delimiterText: tokenizer.delimiterText, lowersCase: tokenizer.lowersCase,
                cleansSpaces: tokenizer.cleansSpaces, unknown: tokenizer.unknown),
            special: tokenizer.special)
    }
}

/// Whether two vocabularies have the same tokens, byte by byte.
private func sameTokens(_ a: [String], _ b: [String]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
}
