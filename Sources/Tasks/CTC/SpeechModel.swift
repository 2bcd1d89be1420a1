package import Checkpoints
internal import Foundation
internal import JSON
package import Models
package import Recipe
package import Speech
package import Tensors
package import Text

/// What is stored of a model, without its weights: the network's shape, its tokens, how it wants its audio.
package struct SpeechModel: Sendable {
    /// The network.
    package let network: Wav2Vec2
    /// Tokens, and which is the blank.
    package let vocabulary: Vocabulary
    /// What is stored of it.
    package let source: StoredModel
    /// The tokenizer of the vocabulary.
    package let tokenizer: TokenizerConfig
    /// Whether the head starts fresh, because the file has none or another vocabulary was asked for.
    let needsFreshHead: Bool

    /// Samples a second.
    package var sampleRate: Int { source.preprocessor.samplingRate }

    /// Reads a model that has a head and a vocabulary: one that was fine-tuned.
    ///
    /// - Parameter phones: Whether its tokens are to be taken for phones, whatever its tokenizer is called.
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

    /// Reads a model to fine-tune: the vocabulary is the one asked for (a vocab.json, or a fairseq dictionary
    /// if it ends in `.txt`), its own, that of the fairseq folder, or that of the transcripts.
    ///
    /// - Parameter training: The transcripts to be trained on; nil for a model that must have its vocabulary.
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

    /// Transcripts to be trained on and to be validated on, which give a model without a vocabulary its tokens.
    ///
    /// Both, since one rare letter in the latter would stop a run whose training texts are few.
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
        // Tokens may come from elsewhere than the model; their number must be that of the head's rows.
        var stored = source
        stored.tokens = tokens
        network = try stored.openSpeechNetwork(freshTokens: needsFreshHead ? tokens.count : nil)
        vocabulary = try Vocabulary(tokens, of: tokenizer, phones: phones)
        self.source = source
        self.tokenizer = tokenizer
        self.needsFreshHead = needsFreshHead
    }

    /// Reads the weights into a flat store; what the file lacks and may lack is drawn afresh.
    package func loadWeights(into values: Tensor, seed: UInt64) throws {
        let weights = try source.openWeights()
        let head = Set(network.headSlots.map(\.name))
        // A head of another vocabulary has another shape, and must not be read.
        let report = try loadParameters(
            from: weights, into: values, layout: network.layout, skipping: needsFreshHead ? head : [])
        try network.requireComplete(report, of: weights)
        for slot in report.missing { network.layout.initialize(slot, in: values, seed: seed) }
    }

    /// Reads all weights that are there and lets them go again, so that one that is no number is found before any work.
    package func checkWeights() throws {
        let head = Set(network.headSlots.map(\.name))
        try checkParameters(
            of: try source.openWeights(), layout: network.layout, skipping: needsFreshHead ? head : [])
    }

    /// The small files of this model as it is to be written, with changes of what training decided.
    package func files(card: String?) -> ModelFiles {
        var config = source.config.inFloat32
        config["architectures"] = .array([.string(network.configuration.family.recognizerClass)])
        config["vocab_size"] = .integer(vocabulary.size)
        config["pad_token_id"] = .integer(vocabulary.blank)
        config["ctc_loss_reduction"] = .string("sum")
        config["ctc_zero_infinity"] = .boolean(true)
        // transformers makes a mask embedding only for models that mask.
        if config["mask_time_prob"].flatMap(Self.number) ?? 0.05 <= 0 {
            config["mask_time_prob"] = .number(0.05)
        }
        return ModelFiles(
            config: config, tokens: vocabulary.tokens, preprocessor: source.preprocessor,
            tokenizer: tokenizer, card: card)
    }

    private static func number(_ value: JSONValue) -> Double? {
        switch value {
        case .integer(let integer): Double(integer)
        case .number(let number): number
        default: nil
        }
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

/// Loads a stored model's weights into memory of their own, and lets them go: what starting from it costs.
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
    /// The vocabulary that a tokenizer's files describe; as phones where they are, or where that is asked for.
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
