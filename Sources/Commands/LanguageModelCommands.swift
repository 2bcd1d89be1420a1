internal import Checkpoints
internal import Decoding
internal import Foundation
internal import JSON
internal import Program
internal import Session
internal import Tasks
internal import Tensors
internal import Training

/// Estimates a language model from text and writes it.
func runLanguageModelBuild(_ options: LanguageModelBuild, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        let workspace = try workspace(options.output, options.memory)
        let file = try OutputFile(newFile: options.output)
        let discounts: [Discounts]
        var builder: KneserNeyBuilder
        do {
            builder = try KneserNeyBuilder(order: options.order, prune: options.prune, workspace: workspace)
        } catch { throw UserError(.usage, "--order or --prune: \(error)") }
        for path in options.text { try builder.add(name: path, textSource(path)) }
        let tokens = builder.tokens
        if options.output.hasSuffix(".arpa") {
            var output = ARPAOutput(into: file)
            discounts = try builder.finish(into: &output)
        } else {
            var output = TrieOutput(into: file, workspace: workspace)
            discounts = try builder.finish(into: &output)
        }
        try file.commit()
        for (index, discount) in discounts.enumerated() where discount.isFallback {
            print(
                "order \(index + 1): too few n-grams to estimate discounts, as in small or repeated text; 0.5, 1 and 1.5 are used"
            )
        }
        print("\(options.output): order \(options.order), of \(tokens) words of text, \(file.count) bytes")
    }
}

/// Writes a language model in another format.
func runLanguageModelConversion(_ options: LanguageModelConvert, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        let workspace = try workspace(options.output, options.memory)
        let bytes = try MappedBytes.file(options.source)
        let file = try OutputFile(newFile: options.output)
        if options.output.hasSuffix(".arpa") {
            let (model, _) = try openTrie(options.source, bytes, workspace)
            try model.writeARPA(into: file)
        } else {
            try naming(options.source) {
                try convertModel(name: options.source, bytes, into: file, workspace: workspace)
            }
        }
        try file.commit()
        print("\(options.output): \(file.count) bytes")
    }
}

/// Prints a language model's scores of text.
func runLanguageModelScoring(_ options: LanguageModelScore, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        let model = try openLanguageModel(options.model)
        var total = SentenceScore()
        for path in options.text {
            try forEachSentence(of: textSource(path)) { sentence in
                let score = model.score(sentence: sentence)
                total += score
                if options.sentences {
                    print(String(format: "%.7f\t%d", score.logProbability, score.unknownWords))
                }
            }
        }
        if options.json.isAsked {
            let members: [JSONValue.Member] = [
                .init("perplexity", .number(total.perplexity)),
                .init("perplexity_of_known", .number(total.perplexityOfKnown)),
                .init("log10_probability", .number(total.logProbability)),
                .init("words", .integer(total.words)), .init("unknown_words", .integer(total.unknownWords)),
                .init("sentences", .integer(total.sentences)),
            ]
            print(JSONValue.object(members).line)
        } else if !options.sentences {
            print(
                String(
                    format:
                        "perplexity %.2f, %.2f without unknown words; %d words in %d sentences, %.2f %% unknown",
                    total.perplexity, total.perplexityOfKnown, total.words, total.sentences,
                    100 * Double(total.unknownWords) / Double(max(1, total.words))))
        }
    }
}

/// Puts a language model into a model directory.
func runLanguageModelAttaching(_ options: LanguageModelAttach, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        guard options.alpha.isFinite, options.beta.isFinite else {
            throw UserError(.usage, "--alpha and --beta must be numbers")
        }
        let model = try SpeechModel.fineTuned(path: options.model)
        guard model.source.form == .directory else {
            let remedy = model.source.form == .pack ? "parp unpack" : "parp convert"
            throw UserError(.usage, "\(options.model) is no model directory; make one with `\(remedy)`")
        }
        var attributes = ProcessorWithLM.Attributes()
        (attributes.alpha, attributes.beta) = (options.alpha, options.beta)
        try ProcessorWithLM.write(
            attributes, languageModel: options.lm, into: model.source.path,
            vocabulary: model.vocabulary)
        print(
            "\(model.source.path)/\(ProcessorWithLM.folder) and alphabet.json: decoding of this model uses them now"
        )
    }
}

private func workspace(_ output: String, _ megabytes: Int) throws -> Workspace {
    guard (1...1 << 20).contains(megabytes) else {
        throw UserError(.usage, "--memory is \(megabytes); it must be 1 megabyte or more")
    }
    return ScratchFile.workspace(besides: output, megabytes: megabytes)
}
