internal import Checkpoints
internal import Foundation
package import Models
internal import Recipe
internal import Speech
internal import Tasks
internal import Text

/// What a plan assumes if a model or a corpus does not exist yet.
package struct PlanAssumptions: Sendable {
    /// The shape of a missing model.
    package var shape: ModelPreset?
    /// Hours of speech of a missing corpus.
    package var hours: Double?

    /// No assumptions, or those given.
    package init(shape: ModelPreset? = nil, hours: Double? = nil) {
        (self.shape, self.hours) = (shape, hours)
    }

    /// Whether a recipe names something missing that can be assumed.
    func areNeeded(by recipe: Recipe) -> Bool {
        let (model, data) = (recipe.model.path, [recipe.data.train, recipe.data.valid])
        return hours != nil && data.contains(where: isMissing) || shape != nil && isMissing(model)
            || isMissing(model) && ModelPreset(rawValue: model) != nil
    }
}

/// Whether a path, perhaps prefixed by a format, does not exist.
func isMissing(_ path: String) -> Bool {
    !FileManager.default.fileExists(atPath: CorpusFormat.parse(path).path)
}

/// A network and utterances that replace missing ones.
struct AssumedInputs {
    let network: Wav2Vec2
    let train: SpeechDataset
    let valid: SpeechDataset
    /// The assumptions, as sentences.
    let sentences: [String]

    /// Tokens of an unknown vocabulary: wav2vec 2.0's letters.
    private static let tokens = 32
    /// Letters spoken per second, approximately.
    private static let lettersPerSecond = 15.0
    /// The lengths of unknown utterances, in seconds: those of read speech.
    private static let lengths = 2.0...16.0
    /// Hours to evaluate on: LibriSpeech's dev sets have about five.
    private static let mostValidationHours = 5.0

    init(_ recipe: Recipe, _ assumptions: PlanAssumptions) throws {
        var sentences: [String] = []
        let path = recipe.model.path
        var configuration: Wav2Vec2Configuration
        var preprocessor = PreprocessorConfig()
        if let shape = ModelPreset(rawValue: path) ?? assumptions.shape, isMissing(path) {
            configuration = shape.configuration
            configuration.vocabularySize = Self.tokens
            sentences.append(
                "\(path): assumed to have the shape of \(shape.rawValue) and \(Self.tokens) tokens")
        } else {
            let source = try StoredModel.open(path)
            configuration = try modelConfiguration(path)
            preprocessor = source.preprocessor
        }
        func dataset(_ path: String, hours: Double?) throws -> SpeechDataset {
            let utterances: [Utterance]
            if let hours, isMissing(path) {
                utterances = Self.utterances(hours: hours)
                sentences.append(
                    "\(path): assumed to be \(Self.text(hours)) in utterances of \(Int(Self.lengths.lowerBound)) to "
                        + "\(Int(Self.lengths.upperBound)) s")
            } else {
                utterances = try Manifest(path: path, labels: recipe.data.labels).utterances
            }
            let targets = utterances.map { utterance in
                let letters =
                    utterance.text.isEmpty
                    ? Int(utterance.durationSeconds * Self.lettersPerSecond)
                    : recipe.data.text.apply(utterance.text).unicodeScalars.count
                return [Int](repeating: 1, count: letters)
            }
            return try SpeechDataset(
                planned: utterances, targets: targets, path: path, preprocessor: preprocessor)
        }
        network = Wav2Vec2(configuration)
        train = try dataset(recipe.data.train, hours: assumptions.hours)
        valid = try dataset(
            recipe.data.valid,
            hours: assumptions.hours.map { min(max($0 / 5, 1.0 / 30), Self.mostValidationHours) })
        self.sentences = sentences
    }

    /// Utterances with lengths spread evenly over the range, in mixed order.
    private static func utterances(hours: Double) -> [Utterance] {
        let mean = (lengths.lowerBound + lengths.upperBound) / 2
        let count = max(2, Int((hours * 3600 / mean).rounded()))
        // Multiples of the golden ratio fill the range evenly, however many there are.
        let step = 0.618_033_988_749_894_9
        return (0..<count).map { index in
            let share = (Double(index) * step).truncatingRemainder(dividingBy: 1)
            return Utterance(
                id: "assumed-\(index)", audioPath: "",
                durationSeconds: lengths.lowerBound + share * (lengths.upperBound - lengths.lowerBound),
                text: "",
                origin: "assumed")
        }
    }

    private static func text(_ hours: Double) -> String {
        hours < 1 ? String(format: "%.0f min", hours * 60) : String(format: "%.1f h", hours)
    }
}
