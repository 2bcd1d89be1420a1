internal import ArgumentParser
internal import Decoding
internal import Tasks

/// The options of all commands that turn speech into text.
struct DecodingArguments: ParsableArguments {
    @Option(
        help:
            "How text is found: greedy or beam (default: beam where there is a language model or a lexicon).",
        transform: {
            guard let kind = DecoderKind(rawValue: $0) else {
                throw ValidationError("it must be greedy or beam")
            }
            return kind
        })
    var decoder: DecoderKind?

    @Option(
        help:
            "A language model, of any format that `parp lm` reads (default: the model directory's own, if it has one)."
    )
    var lm: String?

    @Option(
        help: "The units of the language model's n-grams: word or character.",
        transform: {
            guard let unit = LanguageUnit(rawValue: $0) else {
                throw ValidationError("it must be word or character")
            }
            return unit
        })
    var lmUnit = LanguageUnit.word

    @Option(help: "The weight of the language model (default: 0.5, or the model directory's).")
    var alpha: Float?

    @Option(help: "The score that each word adds (default: 1.5, or the model directory's).")
    var beta: Float?

    @Option(help: "The maximum number of beams.")
    var beam = 100

    @Option(help: "A lexicon: one word per line, optionally followed by its tokens.")
    var lexicon: String?

    @Option(
        help:
            "What becomes of words that lexicon and language model have not: scored, forbidden, or a penalty in decimal logarithms (default: -10, or the model directory's).",
        transform: {
            guard let words = UnknownWords($0) else {
                throw ValidationError("it must be scored, forbidden, or a number that is not above 0")
            }
            return words
        })
    var unknownWords: UnknownWords?

    @Option(parsing: .upToNextOption, help: "Words and phrases to prefer, or @FILE with one per line.")
    var hotwords: [String] = []

    @Option(help: "The score that a hotword adds.")
    var hotwordWeight: Float = 10

    @Option(help: "How many texts to report for each recording, with their scores; only as JSON.")
    var nbest = 1

    var options: DecodingOptions {
        var options = DecodingOptions(decoder: decoder)
        options.languageModel = lm
        options.unit = lmUnit
        (options.alpha, options.beta, options.width) = (alpha, beta, beam)
        options.lexicon = lexicon
        options.unknownWords = unknownWords
        (options.hotwords, options.hotwordWeight) = (hotwords, hotwordWeight)
        options.count = nbest
        return options
    }
}
