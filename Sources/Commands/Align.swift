internal import ArgumentParser
internal import Session
internal import Text

/// `parp align`.
struct Align: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print when each word of a known text is spoken in a recording.",
        discussion: """
            Times are those of the model's likeliest path that gives the text (CTC forced alignment). \
            The confidence of a word is the mean probability of its tokens where they are spoken.
            """)

    @Option(help: "The model: a directory, a pack or a fairseq checkpoint.")
    var model: String

    @Argument(help: "The recording.")
    var audio: String

    @Argument(help: "The file of its text; - is standard input.")
    var text: String

    @Option(help: "Case to convert the text to: as_is, upper or lower.")
    var textCase = TextCase.asIs

    @Option(help: "How words are written: ctm, json, srt, vtt or textgrid.")
    var format = TranscriptFormat.ctm

    @OptionGroup var threads: ThreadArguments

    func run() { launch { try runAlignment(self, session: $0) } }
}
