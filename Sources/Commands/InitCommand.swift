internal import Checkpoints
internal import Foundation
package import Models
internal import Session
internal import Tasks
internal import Tensors
internal import Training

/// The tokens of wav2vec 2.0's English models: blank and specials, the delimiter, letters by frequency.
private let englishLetters =
    ["<pad>", "<s>", "</s>", "<unk>", "|"] + "ETAONIHSRDLUMWCFGYPBVK'XJQZ".map(String.init)

/// Writes a randomly initialised model directory, where nobody loses anything by it.
func runInit(_ options: Init, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        try OutputPlace(
            options.output, reading: [options.vocabulary].compactMap { $0 },
            overwrites: options.overwrite.isAsked
        ).requireFreeForModel()
        let tokens = try options.vocabulary.map { try ModelDirectory.tokens(ofVocabulary: $0) }
        let count = try writeRandomModel(
            options.preset, tokens: tokens, seed: UInt64(options.seed), to: options.output)
        if options.withoutVocabulary {
            try FileManager.default.removeItem(atPath: options.output + "/vocab.json")
        }
        print("\(options.output): \(options.preset.rawValue), \(count) random weights")
    }
}

/// Writes a model directory of a preset's shape with random weights, and returns how many they are.
///
/// - Parameter tokens: The vocabulary; nil takes wav2vec 2.0's English letters.
@discardableResult
package func writeRandomModel(
    _ preset: ModelPreset, tokens: [String]? = nil, seed: UInt64 = 1, to path: String
) throws -> Int {
    let tokens = tokens ?? englishLetters
    var configuration = preset.configuration
    configuration.vocabularySize = tokens.count
    let network = Wav2Vec2(configuration)
    let store = ParameterStore(layout: network.layout, training: false)
    network.layout.initialize(store.values.all, seed: seed)
    var preprocessor = PreprocessorConfig()
    preprocessor.returnsAttentionMask = configuration.featureNormalization == .layer
    try writeModelDirectory(
        at: path, values: store.values.all, layout: network.layout,
        files: ModelFiles(
            config: configuration.json(preset.objective), tokens: tokens, preprocessor: preprocessor))
    return network.layout.parameterCount
}
