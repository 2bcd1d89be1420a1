package import Decoding
internal import Kernels
internal import Models
package import Tensors
package import Text

/// The recognition result of a recording.
package struct Recognition: Codable, Sendable {
    /// The text.
    package var text = ""
    /// Its words with their times, if requested.
    package var words: [TimedWord] = []
    /// The best texts with their scores, if more than one was requested.
    package var alternatives: [Transcription] = []

    /// Silence, or a known text.
    package init(text: String = "", words: [TimedWord] = []) {
        self.text = text
        self.words = words
    }
}

/// Turns logits into text and, if requested, word times.
package struct Recognizer {
    fileprivate let vocabulary: Vocabulary
    fileprivate let decoder: BeamDecoder?
    fileprivate let count: Int
    fileprivate let frameSeconds: Double
    /// Whether words have times, for which logits must be kept to the end.
    package let timesWords: Bool
    /// What becomes of how sure the model is of words.
    fileprivate let calibration: ConfidenceCalibration?
    /// Whether silent frames are made blank, which may put a delimiter behind another.
    fileprivate let gatesSilence: Bool

    /// A recognizer for a model's logits.
    ///
    /// - Throws: An error about the options, or about a file that they name.
    package init(
        _ model: SpeechModel, _ options: DecodingOptions, timesWords: Bool, gatesSilence: Bool = false
    ) throws {
        self.init(
            model, try options.decoder(for: model), count: options.count, timesWords: timesWords,
            gatesSilence: gatesSilence)
    }

    /// A recognizer with a search, or with none.
    package init(
        _ model: SpeechModel, _ decoder: BeamDecoder?, count: Int, timesWords: Bool, gatesSilence: Bool,
        calibration: ConfidenceCalibration? = nil
    ) {
        self.calibration = calibration
        self.gatesSilence = gatesSilence
        vocabulary = model.vocabulary
        self.decoder = decoder
        self.count = count
        frameSeconds = model.frameSeconds
        self.timesWords = timesWords
    }

    /// Before the first frame of a recording.
    package func begin() -> RunningRecognition { RunningRecognition(self) }
}

/// Recognises a recording piece by piece as frames arrive: the search continues from one piece to the next.
package struct RunningRecognition {
    private let recognizer: Recognizer
    private var search: BeamSearch?
    /// The likeliest token of each frame, in greedy decoding.
    private var path: [Int] = []

    fileprivate init(_ recognizer: Recognizer) {
        self.recognizer = recognizer
        search = recognizer.decoder.map { BeamSearch($0.language, $0.settings) }
    }

    /// Adds the logits of further frames, (frames, tokens).
    package mutating func advance(_ logits: Tensor) {
        if search == nil {
            path += largestEntries(logits, groups: 1)
        } else {
            search?.advance(logits)
        }
    }

    /// The text so far.
    package mutating func text() -> String {
        guard search != nil else { return recognizer.vocabulary.decode(tokens: spoken) }
        return search?.transcriptions(isLast: false).first?.text ?? ""
    }

    /// Ends the recording.
    ///
    /// - Parameters:
    ///   - logits: The logits of all frames, (frames, tokens), if words need times.
    ///   - offset: Seconds before the first frame.
    package mutating func finish(_ logits: Tensor?, offset: Double = 0) -> Recognition {
        guard search != nil else {
            let tokens = spoken
            var heard = Recognition(text: recognizer.vocabulary.decode(tokens: tokens))
            heard.words = words(logits, tokens, told: nil, offset)
            return heard
        }
        let count = recognizer.count
        let found = search?.transcriptions(count) ?? []
        guard let best = found.first else { return Recognition() }
        var heard = Recognition(text: best.text)
        heard.words = words(logits, best.tokens, told: Text.words(best.text), offset)
        if recognizer.count > 1 { heard.alternatives = found }
        return heard
    }

    /// The tokens of the greedy path.
    private var spoken: [Int] {
        let tokens = recognizer.vocabulary.tokens(ofPath: path)
        guard recognizer.gatesSilence, let delimiter = recognizer.vocabulary.delimiterId else {
            return tokens
        }
        // Merges a delimiter of the model's and an adjacent one of the gate's.
        return tokens.indices.filter { $0 == 0 || tokens[$0] != delimiter || tokens[$0 - 1] != delimiter }
            .map { tokens[$0] }
    }

    private func words(
        _ logits: Tensor?, _ tokens: [Int], told: [String]?, _ offset: Double
    ) -> [TimedWord] {
        let vocabulary = recognizer.vocabulary
        guard recognizer.timesWords, let logits,
            let alignment = forcedAlignment(logits, tokens: tokens, blank: vocabulary.blank)
        else { return [] }
        let words = timedWords(
            alignment.spans, vocabulary: vocabulary, words: told, frameSeconds: recognizer.frameSeconds,
            offset: offset)
        guard let calibration = recognizer.calibration else { return words }
        return words.map { word in
            TimedWord(
                text: word.text, start: word.start, end: word.end,
                confidence: calibration.calibrated(word.confidence))
        }
    }
}
