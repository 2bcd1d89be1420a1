internal import Checkpoints
internal import Foundation
package import Models
internal import Program
package import Session
internal import Tasks
internal import Tensors
internal import Training

/// Options of `parp init`.
package struct InitOptions: Sendable {
    /// The shape.
    package var preset: ModelPreset
    /// The directory to write.
    package var output: String
    /// A vocab.json; nil uses wav2vec 2.0's English letters.
    package var vocabulary: String?
    /// Whether to leave out the vocabulary, as in a pre-trained model: training then builds it.
    package var withoutVocabulary: Bool
    /// Seed of the random numbers.
    package var seed: Int
    /// Whether an existing model is replaced.
    package var overwrites = false

    /// What to create, and where.
    package init(
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
package func runInit(_ options: InitOptions, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        try OutputPlace(
            options.output, reading: [options.vocabulary].compactMap { $0 }, overwrites: options.overwrites
        ).requireFreeForModel()
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
                config: configuration.json(options.preset.objective), tokens: tokens,
                preprocessor: preprocessor,
                tokenizer: TokenizerConfig()))
        if options.withoutVocabulary {
            try FileManager.default.removeItem(atPath: options.output + "/vocab.json")
        }
        print(
            "\(options.output): \(options.preset.rawValue), \(network.layout.parameterCount) random weights")
    }
}
