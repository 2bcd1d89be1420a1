internal import ArgumentParser
internal import Session
internal import Speech
internal import Tasks
internal import Training

/// `parp evaluate`.
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Measure a model on labelled data: error rates of speech, accuracy of classes; one or many ranks."
    )

    @Option(help: "The model: a directory, a pack or a fairseq checkpoint.")
    var model: String

    @Option(help: "The corpus, of any format that `parp corpus` reads.")
    var data: String

    @Option(help: "The units of transcripts: letters or phones.")
    var labels = Manifest.Labels.letters

    @OptionGroup var text: TextArguments

    @Flag(help: "Leave unusable utterances out, counted and named, instead of stopping.")
    var skipBadUtterances = false

    @Option(help: "Seconds of audio that a rank holds at once.")
    var rankSeconds = 60.0

    @OptionGroup var inference: InferenceArguments

    @Option(help: "For text: tokens to truncate an example to; 0 truncates nothing.")
    var maxTokens = 0

    @Option(help: "For text: a safetensors file for the logits, one tensor (examples, classes).")
    var emitLogits: String?

    @Flag(
        help:
            "Print one JSON object, with every transcript or prediction; with --tune, the weights tried; with --calibrate, the errors."
    )
    var json = false

    @OptionGroup(title: "Decoding") var decoding: DecodingArguments

    @Flag(
        help: "Search the language model's weights on this corpus, and print WER and CER of each pair.")
    var tune = false

    @Flag(
        help:
            "Fit how sure the model is of words to how often they are right on this corpus, for `parp transcribe`; written into the model directory."
    )
    var calibrate = false

    @Option(
        help:
            "A file for error analysis: rates by language, speaker and length, frequent confusions, and each utterance aligned."
    )
    var errors: String?

    @Option(help: "Another model to compare on the same corpus, with an interval of the difference.")
    var against: String?

    @Option(
        help:
            "What the intervals resample: utterances, or speakers, who are fewer but independent."
    )
    var resample = ResampledUnit.utterances

    func validate() throws {
        for (name, isGiven) in [("--tune only tunes", tune), ("--calibrate only calibrates", calibrate)] {
            guard !isGiven || errors == nil && against == nil && tune != calibrate else {
                throw ValidationError("\(name): leave --errors, --against and the other of both out")
            }
        }
    }

    func run() { launch { try runEvaluation(self, session: $0) } }
}

extension ResampledUnit: ExpressibleByArgument {}
