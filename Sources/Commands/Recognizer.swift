internal import Decoding
internal import Kernels
internal import Models
internal import Tasks
internal import Tensors
internal import Text

/// What was heard in a recording.
struct Recognition: Codable, Sendable {
    /// The text.
    var text = ""
    /// Its words with their times, where these were asked for.
    var words: [TimedWord] = []
    /// The best texts with their scores, where more than one was asked for.
    var alternatives: [Transcription] = []
}

/// Turns logits into text and, if they are wanted, the times of its words.
struct Recognizer {
    private let vocabulary: Vocabulary
    private let decoder: BeamDecoder?
    private let count: Int
    private let frameSeconds: Double
    private let timesWords: Bool

    /// A recognizer for a model's logits.
    ///
    /// - Throws: What is wrong with the options, or with a file that they name.
    init(_ model: SpeechModel, _ options: DecodingOptions, timesWords: Bool) throws {
        vocabulary = model.vocabulary
        decoder = try options.decoder(for: model)
        count = options.count
        frameSeconds = model.frameSeconds
        self.timesWords = timesWords
    }

    /// What is heard in logits (frames, tokens).
    func recognize(_ logits: Tensor) -> Recognition {
        guard let decoder else {
            let path = largestEntries(logits, groups: 1)
            return Recognition(
                text: vocabulary.decode(path: path),
                words: words(logits, vocabulary.tokens(ofPath: path), told: nil))
        }
        let found = decoder.transcriptions(of: logits, count: count)
        guard let best = found.first else { return Recognition() }
        return Recognition(
            text: best.text, words: words(logits, best.tokens, told: Text.words(best.text)),
            alternatives: count > 1 ? found : [])
    }

    private func words(_ logits: Tensor, _ tokens: [Int], told: [String]?) -> [TimedWord] {
        guard timesWords,
            let alignment = forcedAlignment(logits, tokens: tokens, blank: vocabulary.blank)
        else { return [] }
        return timedWords(alignment.spans, vocabulary: vocabulary, words: told, frameSeconds: frameSeconds)
    }
}

extension SpeechModel {
    /// Seconds from one frame to the next.
    var frameSeconds: Double { Double(network.configuration.hopSamples) / Double(sampleRate) }
}
