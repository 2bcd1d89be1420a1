internal import Checkpoints
package import Decoding
internal import Foundation
package import JSON
internal import Program
internal import Tensors
internal import Text

/// Ways to turn logits into text.
package enum DecoderKind: String, Sendable, CaseIterable {
    /// The likeliest token of each frame.
    case greedy
    /// A search over texts.
    case beam
}

/// How to turn logits into text.
package struct DecodingOptions: Sendable, Equatable {
    /// Nil lets the presence of a language model or lexicon decide.
    package var decoder: DecoderKind?
    /// A file, or nil for the model directory's own.
    package var languageModel: String?
    /// The units of its n-grams.
    package var unit = LanguageUnit.word
    /// The weight of the language model, or nil for the model directory's or the default.
    package var alpha: Float?
    /// The score that each word adds, or nil.
    package var beta: Float?
    /// The maximum number of beams.
    package var width = 100
    /// A file.
    package var lexicon: String?
    /// `scored`, `forbidden`, or a penalty; nil for the model directory's or the default.
    package var unknownWords: String?
    /// Words and phrases, and `@FILE`.
    package var hotwords: [String] = []
    /// The score that a hotword adds.
    package var hotwordWeight: Float = 10
    /// The number of texts to report.
    package var count = 1

    /// Greedy, unless the model directory has a language model.
    package init(decoder: DecoderKind? = nil) { self.decoder = decoder }

    /// The search that these options request for a model; nil for greedy decoding.
    ///
    /// - Throws: `UserError` for options that contradict each other, or what is wrong with a file.
    package func decoder(for model: SpeechModel) throws -> BeamDecoder? {
        try check()
        guard decoder != .greedy else { return nil }
        let own = try languageModel == nil ? ProcessorWithLM(of: model) : nil
        let isAsked = languageModel != nil || lexicon != nil || !hotwords.isEmpty || own != nil || count > 1
        guard decoder == .beam || isAsked else { return nil }
        var settings = BeamSettings()
        settings.width = width
        settings.alpha = alpha ?? own?.attributes.alpha ?? settings.alpha
        settings.beta = beta ?? own?.attributes.beta ?? settings.beta
        settings.hotwordWeight = hotwordWeight
        if let own { settings.unknownWords = .penalized(own.attributes.unknownPenalty) }
        if let unknownWords { settings.unknownWords = try unknown(unknownWords) }
        settings.hasBoundaries = own?.attributes.hasBoundaries ?? true
        let file = languageModel ?? own?.languageModel
        let ngrams = try file.map { try openLanguageModel($0) }
        let words = try lexicon.map { path in
            try Lexicon(name: path, vocabulary: model.vocabulary, textSource(path))
        }
        let phrases = try hotwordList()
        let language = try Language(
            vocabulary: model.vocabulary, model: ngrams, unit: unit,
            lexicon: words ?? own?.lexicon(of: ngrams, in: model.vocabulary),
            hotwords: phrases.isEmpty ? nil : Hotwords(phrases, vocabulary: model.vocabulary))
        return BeamDecoder(language: language, settings: settings)
    }

    private func check() throws {
        guard decoder != .greedy || languageModel == nil && lexicon == nil && hotwords.isEmpty && count == 1
        else {
            throw UserError(
                .usage,
                "--decoder greedy uses no language model, lexicon, hotwords or n-best list: leave these out, or use beam"
            )
        }
        guard (1...100_000).contains(width) else {
            throw UserError(.usage, "--beam is \(width); it must be 1 or more")
        }
        guard (1...width).contains(count) else {
            throw UserError(.usage, "--nbest is \(count); it must be from 1 to the number of beams, \(width)")
        }
        for (name, value) in [("alpha", alpha), ("beta", beta), ("hotword-weight", hotwordWeight)] {
            guard value?.isFinite ?? true else { throw UserError(.usage, "--\(name) must be a number") }
        }
    }

    private func unknown(_ text: String) throws -> UnknownWords {
        switch text {
        case "scored": return .scored
        case "forbidden": return .forbidden
        default:
            guard let penalty = Float(text), penalty <= 0, penalty.isFinite else {
                throw UserError(
                    .usage,
                    "--unknown-words is \(text); it must be scored, forbidden, or a number that is not above 0"
                )
            }
            return .penalized(penalty)
        }
    }

    private func hotwordList() throws -> [String] {
        try hotwords.flatMap { entry in
            guard entry.hasPrefix("@") else { return [entry] }
            var phrases: [String] = []
            try forEachSentence(of: textSource(String(entry.dropFirst()))) {
                phrases.append($0.joined(separator: " "))
            }
            return phrases
        }
    }
}

/// The best texts of an utterance with their scores, as a member of an object.
package func alternatives(_ found: [Transcription]) -> JSONValue.Member {
    let values = found.map { transcription in
        JSONValue.object([
            .init("text", .string(transcription.text)), .init("score", .number(transcription.score)),
            .init("acoustic_score", .number(transcription.acousticScore)),
            .init("language_score", .number(transcription.languageScore)),
        ])
    }
    return .init("alternatives", .array(values))
}
