internal import Checkpoints
internal import Foundation
public import Models
internal import Speech
internal import Tensors
internal import Text

/// What a model directory says of a model, without its weights: the network's shape, its tokens, how it wants
/// its audio.
struct SpeechModel: Sendable {
    /// The network.
    let network: Wav2Vec2
    /// Tokens, and which is the blank.
    let vocabulary: Vocabulary
    let directory: ModelDirectory
    /// Whether the head starts fresh, because the file has none or another vocabulary was asked for.
    let needsFreshHead: Bool

    /// Samples a second.
    var sampleRate: Int { directory.preprocessor.samplingRate }

    /// Reads a directory of a model that has a head and a vocabulary: one that was fine-tuned.
    static func fineTuned(path: String) throws -> SpeechModel {
        let directory = try ModelDirectory(path: path)
        guard let tokens = directory.tokens else {
            throw CheckpointError(path, "has no vocab.json; recognition needs a fine-tuned model")
        }
        let weights = try openModelWeights(directory: path)
        guard weights.info("lm_head.weight") != nil else {
            throw CheckpointError(
                path, "has no lm_head; it is pre-trained only. Fine-tune it with `parp train`")
        }
        return try SpeechModel(
            directory, tokens: tokens, wordDelimiter: directory.tokenizer.wordDelimiter, needsFreshHead: false
        )
    }

    /// Reads a directory to fine-tune: the vocabulary is the one asked for (a vocab.json, or a fairseq dictionary
    /// if it ends in `.txt`), its own, that of the fairseq folder, or that of the transcripts.
    ///
    /// - Parameter training: The transcripts to be trained on; nil for a model that must have its vocabulary.
    static func toFineTune(
        path: String, vocabulary: String, training: Transcripts?
    ) throws -> SpeechModel {
        let directory = try ModelDirectory(path: path)
        let hasHead = try openModelWeights(directory: path).info("lm_head.weight") != nil
        let delimiter = training?.labels == .phones ? nil : directory.tokenizer.wordDelimiter
        if !vocabulary.isEmpty {
            let tokens =
                vocabulary.hasSuffix(".txt")
                ? try Manifest.fairseqTokens(dictionary: vocabulary)
                : try ModelDirectory.tokens(ofVocabulary: vocabulary)
            return try SpeechModel(
                directory, tokens: tokens, wordDelimiter: delimiter,
                needsFreshHead: !hasHead || tokens != directory.tokens)
        }
        if let tokens = directory.tokens {
            return try SpeechModel(
                directory, tokens: tokens, wordDelimiter: delimiter, needsFreshHead: !hasHead)
        }
        guard let training else {
            throw CheckpointError(path, "has no vocab.json; give the model its vocabulary first")
        }
        return try SpeechModel(
            directory, tokens: try training.vocabulary(wordDelimiter: delimiter), wordDelimiter: delimiter,
            needsFreshHead: true)
    }

    /// Transcripts to be trained on, which give a model without a vocabulary its tokens.
    struct Transcripts {
        let manifest: String
        let labels: Manifest.Labels
        let textCase: TextCase

        /// The dictionary of a fairseq folder, else the characters or phones that occur.
        fileprivate func vocabulary(wordDelimiter: String?) throws -> [String] {
            if let tokens = try Manifest.fairseqTokens(besides: manifest, labels: labels) { return tokens }
            let utterances = try Manifest(path: manifest, labels: labels, measuresDurations: false).utterances
            return Vocabulary.build(
                from: utterances.map { textCase.apply($0.text) }, wordDelimiter: wordDelimiter
            ).tokens
        }
    }

    private init(
        _ directory: ModelDirectory, tokens: [String], wordDelimiter: String?, needsFreshHead: Bool
    ) throws {
        let path = directory.path + "/config.json"
        var configuration = try Self.configuration(of: directory)
        if needsFreshHead { configuration.vocabularySize = tokens.count }
        let faults = configuration.faults()
        guard faults.isEmpty else { throw CheckpointError(path, faults.joined(separator: "; ")) }
        guard configuration.vocabularySize == tokens.count else {
            throw CheckpointError(
                path,
                "vocab_size is \(configuration.vocabularySize), but vocab.json has \(tokens.count) tokens")
        }
        vocabulary = try Vocabulary(
            tokens: tokens, blank: directory.tokenizer.pad, wordDelimiter: wordDelimiter,
            special: directory.tokenizer.special)
        network = Wav2Vec2(configuration)
        self.directory = directory
        self.needsFreshHead = needsFreshHead
    }

    /// The shape that `config.json` states.
    static func configuration(of directory: ModelDirectory) throws -> Wav2Vec2Configuration {
        do {
            return try JSONDecoder().decode(Wav2Vec2Configuration.self, from: directory.configData)
        } catch DecodingError.typeMismatch(_, let context), DecodingError.dataCorrupted(let context) {
            let key = context.codingPath.map(\.stringValue).joined(separator: ".")
            throw CheckpointError(
                directory.path + "/config.json", "\(key): \(context.debugDescription)")
        }
    }

    /// Reads the weights into a flat store; what the file lacks and may lack is drawn afresh.
    func loadWeights(into values: Tensor, seed: UInt64) throws {
        let source = try openModelWeights(directory: directory.path)
        let layout = network.layout
        let head = Set(network.headSlots.map(\.name))
        // A head of another vocabulary has another shape, and must not be read.
        let report = try loadParameters(
            from: source, into: values, layout: layout, skipping: needsFreshHead ? head : [])
        let mayBeMissing = head.union([network.maskEmbeddingSlot.name])
        let missing = report.missing.filter { !mayBeMissing.contains($0.name) }
        guard missing.isEmpty else {
            let names = missing.prefix(5).map(\.name).joined(separator: ", ")
            throw CheckpointError(
                source.path,
                "lacks \(missing.count) of the configuration's parameters (\(names)…): "
                    + "config.json and the weights do not belong together")
        }
        let unexpected = report.unexpected.filter { !head.contains($0) }
        guard unexpected.isEmpty else {
            let names = unexpected.prefix(5).joined(separator: ", ")
            throw CheckpointError(
                source.path,
                "has \(unexpected.count) tensors that the configuration knows nothing of (\(names)…)")
        }
        for slot in report.missing { layout.initialize(slot, in: values, seed: seed) }
    }

    /// The small files of this model as it is to be written, with changes of what training decided.
    func files(card: String?) -> ModelFiles {
        var config = directory.config
        config["architectures"] = .array([.string("Wav2Vec2ForCTC")])
        config["vocab_size"] = .integer(vocabulary.size)
        config["pad_token_id"] = .integer(vocabulary.blank)
        config["ctc_loss_reduction"] = .string("sum")
        config["ctc_zero_infinity"] = .boolean(true)
        // Weights are written in float32, whatever they were read from; transformers casts to what stands here.
        for key in ["dtype", "torch_dtype"] where config[key] != nil { config[key] = .string("float32") }
        // transformers makes a mask embedding only for models that mask.
        if config["mask_time_prob"].flatMap(Self.number) ?? 0.05 <= 0 {
            config["mask_time_prob"] = .number(0.05)
        }
        return ModelFiles(
            config: config, tokens: vocabulary.tokens, preprocessor: directory.preprocessor,
            tokenizer: directory.tokenizer, card: card)
    }

    private static func number(_ value: JSONValue) -> Double? {
        switch value {
        case .integer(let integer): Double(integer)
        case .number(let number): number
        default: nil
        }
    }
}

/// The shape of a preset, or of the model in a directory.
public func modelConfiguration(_ name: String) throws -> Wav2Vec2Configuration {
    if let preset = ModelPreset(rawValue: name) { return preset.configuration }
    let directory = try ModelDirectory(path: name)
    var configuration = try SpeechModel.configuration(of: directory)
    configuration.vocabularySize = directory.tokens?.count ?? configuration.vocabularySize
    let faults = configuration.faults()
    guard faults.isEmpty else { throw CheckpointError(name, faults.joined(separator: "; ")) }
    return configuration
}
