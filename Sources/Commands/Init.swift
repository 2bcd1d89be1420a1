public import ArgumentParser
public import Models
internal import Session
internal import Training

extension ModelPreset: ExpressibleByArgument {}

/// `parp init`.
struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Write a randomly initialised model directory.")

    @Option(help: "The shape.")
    var preset: ModelPreset

    @Option(help: "The directory to write.")
    var output: String

    @Option(help: "A vocab.json (default: wav2vec 2.0's English letters).")
    var vocabulary: String?

    @Flag(help: "Write no vocabulary: training builds it from its transcripts.")
    var withoutVocabulary = false

    @Option(help: "The seed of the random numbers.")
    var seed = 1

    @OptionGroup var overwrite: OverwriteArguments

    func run() { launch { try runInit(self, session: $0) } }
}
