internal import Checkpoints
package import Decoding
internal import Foundation
package import JSON
internal import Program
package import Recipe
package import Session
internal import Tensors
internal import Text

/// How logits are to become text.
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
    /// Nil for the model directory's or the default.
    package var unknownWords: UnknownWords?
    /// Words and phrases, and `@FILE`.
    package var hotwords: [String] = []
    /// The score that a hotword adds.
    package var hotwordWeight: Float = 10
    /// The number of texts to report.
    package var count = 1
    /// Whether a language model that the model directory has is used where no other is named.
    package var usesAttached = true

    /// Greedy, unless the model directory has a language model.
    package init(decoder: DecoderKind? = nil) { self.decoder = decoder }

    /// The search that these options request for a model; nil for greedy decoding.
    ///
    /// - Throws: `UserError` for options that contradict each other, or what is wrong with a file.
    package func decoder(for model: SpeechModel) throws -> BeamDecoder? {
        let own = try attached(to: model)
        let ngrams = try (languageModel ?? own?.languageModel).map { try openLanguageModel($0) }
        return try decoder(for: model, attached: own, ngrams)
    }

    /// The same on all ranks together, which share what a language model takes.
    package func decoder(for model: SpeechModel, session: Session) throws -> BeamDecoder? {
        let own = try session.together { try attached(to: model) }
        // Rank 0's word on whether there is one: all ranks open it together.
        let file = try session.share(languageModel ?? own?.languageModel)
        let ngrams = try file.map { try session.openLanguageModel($0) }
        return try session.together { try decoder(for: model, attached: own, ngrams) }
    }

    /// The language model of a model directory, where it is to be used.
    private func attached(to model: SpeechModel) throws -> ProcessorWithLM? {
        try check()
        guard decoder != .greedy, languageModel == nil, usesAttached else { return nil }
        return try ProcessorWithLM(of: model)
    }

    private func decoder(
        for model: SpeechModel, attached own: ProcessorWithLM?, _ ngrams: (any NGramModel)?
    ) throws -> BeamDecoder? {
        let isAsked = ngrams != nil || lexicon != nil || !hotwords.isEmpty || count > 1
        guard decoder == .beam || decoder == nil && isAsked else { return nil }
        var settings = BeamSettings()
        settings.width = width
        settings.alpha = alpha ?? own?.attributes.alpha ?? settings.alpha
        settings.beta = beta ?? own?.attributes.beta ?? settings.beta
        settings.hotwordWeight = hotwordWeight
        settings.unknownWords =
            unknownWords ?? own.map { .penalized($0.attributes.unknownPenalty) } ?? settings.unknownWords
        settings.hasBoundaries = own?.attributes.hasBoundaries ?? true
        let words = try lexicon.map { path in
            try Lexicon(name: path, vocabulary: model.vocabulary, textSource(path))
        }
        let phrases = try hotwordList(for: model.vocabulary)
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

    /// The hotwords, those of files among them.
    ///
    /// - Throws: `UserError` for one that could have no effect, since the model cannot spell it.
    private func hotwordList(for vocabulary: Vocabulary) throws -> [String] {
        let phrases = try hotwords.flatMap { entry in
            guard entry.hasPrefix("@") else { return [entry] }
            var phrases: [String] = []
            try forEachSentence(of: textSource(String(entry.dropFirst()))) {
                phrases.append($0.joined(separator: " "))
            }
            return phrases
        }
        for phrase in phrases {
            let (ids, unknown) = vocabulary.tokenize(phrase)
            guard unknown.isEmpty, !ids.isEmpty else {
                let names = unknown.map { "\"\($0)\"" }.joined(separator: ", ")
                throw UserError(
                    .data,
                    "the hotword \"\(phrase)\" can never be heard: the model has no token for "
                        + (names.isEmpty ? "it" : names) + "; spell it as transcripts are, or leave it out")
            }
        }
        return phrases
    }
}

extension DecodingOptions {
    /// What a recipe says: what lies in the directory of the model to start from is not used.
    package init(_ recipe: Recipe.Decoding) {
        self.init(decoder: recipe.decoder.stated)
        usesAttached = false
        languageModel = recipe.languageModel.isEmpty ? nil : recipe.languageModel
        unit = recipe.unit
        (alpha, beta) = (Float(recipe.alpha), Float(recipe.beta))
        width = recipe.width
        lexicon = recipe.lexicon.isEmpty ? nil : recipe.lexicon
        unknownWords = recipe.unknownWords
        hotwords = recipe.hotwords
        hotwordWeight = Float(recipe.hotwordWeight)
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
