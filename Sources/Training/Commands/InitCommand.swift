internal import Checkpoints
internal import Foundation
public import Models
internal import Tensors

/// What `parp init` was asked for.
public struct InitOptions: Sendable {
    /// The shape.
    public var preset: ModelPreset
    /// The directory to write.
    public var output: String
    /// A vocab.json; nil takes wav2vec 2.0's English letters.
    public var vocabulary: String?
    /// Whether to leave the vocabulary out, as a pre-trained model has none: training then builds it.
    public var withoutVocabulary: Bool
    /// Where the random numbers are counted from.
    public var seed: Int

    /// What to make, and where.
    public init(
        preset: ModelPreset, output: String, vocabulary: String? = nil, withoutVocabulary: Bool = false,
        seed: Int = 1
    ) {
        self.preset = preset
        self.output = output
        self.vocabulary = vocabulary
        self.withoutVocabulary = withoutVocabulary
        self.seed = seed
    }
}

/// The tokens of wav2vec 2.0's English models: blank and specials, the delimiter, letters by frequency.
private let englishLetters =
    ["<pad>", "<s>", "</s>", "<unk>", "|"] + "ETAONIHSRDLUMWCFGYPBVK'XJQZ".map(String.init)

/// Writes a randomly initialised model directory.
public func runInit(_ options: InitOptions, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        guard !FileManager.default.fileExists(atPath: options.output) else {
            throw UserError(.usage, "\(options.output) exists already; choose another --output")
        }
        let tokens =
            try options.vocabulary.map { try ModelDirectory.tokens(ofVocabulary: $0) } ?? englishLetters
        var configuration = options.preset.configuration
        configuration.vocabularySize = tokens.count
        let network = Wav2Vec2(configuration)
        let store = ParameterStore(layout: network.layout, training: false)
        network.layout.initialize(store.values.all, seed: UInt64(options.seed))
        var preprocessor = PreprocessorConfig()
        preprocessor.returnsAttentionMask = configuration.featureNormalization == .layer
        try writeModelDirectory(
            at: options.output, values: store.values.all, layout: network.layout,
            files: ModelFiles(
                config: configuration.json(options.preset.objective), tokens: tokens, preprocessor: preprocessor,
                tokenizer: TokenizerConfig()))
        if options.withoutVocabulary {
            try FileManager.default.removeItem(atPath: options.output + "/vocab.json")
        }
        print(
            "\(options.output): \(options.preset.rawValue), \(network.layout.parameterCount) random weights")
    }
}

extension Wav2Vec2Configuration {
    /// The content of `config.json`.
    func json(_ objective: PretrainingConfiguration) -> JSONValue {
        func list(_ numbers: [Int]) -> JSONValue { .array(numbers.map(JSONValue.integer)) }
        return .object([
            .init("architectures", .array([.string("Wav2Vec2ForCTC")])),
            .init("model_type", .string(modelType)), .init("vocab_size", .integer(vocabularySize)),
            .init("hidden_size", .integer(hiddenSize)), .init("num_hidden_layers", .integer(layerCount)),
            .init("num_attention_heads", .integer(headCount)),
            .init("intermediate_size", .integer(intermediateSize)), .init("hidden_act", .string(activation)),
            .init("layer_norm_eps", .number(1e-5)), .init("initializer_range", .number(0.02)),
            .init("feat_extract_norm", .string(featureNormalization.rawValue)),
            .init("feat_extract_activation", .string(activation)),
            .init("conv_dim", list(convolutionChannels)), .init("conv_stride", list(convolutionStrides)),
            .init("conv_kernel", list(convolutionKernels)), .init("conv_bias", .boolean(convolutionBias)),
            .init("num_feat_extract_layers", .integer(convolutionChannels.count)),
            .init("num_conv_pos_embeddings", .integer(positionalKernel)),
            .init("num_conv_pos_embedding_groups", .integer(positionalGroups)),
            .init("do_stable_layer_norm", .boolean(stableLayerNorm)),
            .init("num_codevector_groups", .integer(objective.codebookGroups)),
            .init("num_codevectors_per_group", .integer(objective.codebookEntries)),
            .init("codevector_dim", .integer(objective.codevectorSize)),
            .init("proj_codevector_dim", .integer(objective.projectionSize)),
            .init("pad_token_id", .integer(padTokenId)), .init("bos_token_id", .integer(1)),
            .init("eos_token_id", .integer(2)), .init("ctc_loss_reduction", .string("sum")),
            .init("ctc_zero_infinity", .boolean(true)), .init("mask_time_prob", .number(0.05)),
            .init("torch_dtype", .string("float32")),
        ])
    }
}
