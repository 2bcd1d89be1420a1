internal import Checkpoints
internal import Foundation
public import Models
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
        return try SpeechModel(directory, tokens: tokens, needsFreshHead: false)
    }

    /// Reads a directory to fine-tune: the vocabulary is the one asked for, its own, or that of the
    /// transcripts.
    static func toFineTune(
        path: String, vocabulary: String, transcripts: () throws -> [String]
    ) throws -> SpeechModel {
        let directory = try ModelDirectory(path: path)
        let hasHead = try openModelWeights(directory: path).info("lm_head.weight") != nil
        if !vocabulary.isEmpty {
            let tokens = try ModelDirectory.tokens(ofVocabulary: vocabulary)
            return try SpeechModel(
                directory, tokens: tokens, needsFreshHead: !hasHead || tokens != directory.tokens)
        }
        if let tokens = directory.tokens {
            return try SpeechModel(directory, tokens: tokens, needsFreshHead: !hasHead)
        }
        let built = Vocabulary.build(from: try transcripts())
        return try SpeechModel(directory, tokens: built.tokens, needsFreshHead: true)
    }

    init(_ directory: ModelDirectory, tokens: [String], needsFreshHead: Bool) throws {
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
            tokens: tokens, blank: directory.tokenizer.pad, wordDelimiter: directory.tokenizer.wordDelimiter,
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
