internal import ArgumentParser
internal import Session
internal import Training

/// `parp transcribe`.
struct Transcribe: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the text of audio files (WAV, FLAC, Ogg Vorbis and Opus, MP3).",
        discussion: """
            Each text is printed as soon as it is there, in the order of the recordings. One that cannot be read is named \
            on standard error and does not cost the others; then the exit code is 65.
            """)

    @Option(help: "The model: a directory or a fairseq checkpoint.")
    var model: String

    @Argument(help: "Audio files, folders of them, or manifests of any format that `parp corpus` reads.")
    var audio: [String]

    @Option(
        help:
            "A safetensors file for the logits: `logits` (frames, vocabulary), or `logits.N` of several recordings."
    )
    var emitLogits: String?

    @Option(help: "How what was heard is written: text, json, srt, vtt, ctm or textgrid.")
    var format = TranscriptFormat.text

    @Flag(help: "The same as --format json: one object a recording, with its words' times.")
    var json = false

    @Option(help: "A folder for a file of each recording, instead of standard output.")
    var output: String?

    @Option(
        help:
            "Recordings that are longer are computed in pieces of so many seconds, which overlap by a third.")
    var chunkSeconds = 300.0

    @Option(help: "Threads to compute with.")
    var threads = 1

    @Flag(help: "Multiply zeros like all other weights, however many there are.")
    var dense = false

    @OptionGroup(title: "Decoding") var decoding: DecodingArguments

    func validate() throws {
        guard chunkSeconds >= 1, chunkSeconds <= 86_400 else {
            throw ValidationError("--chunk-seconds is \(chunkSeconds); it must be from 1 to 86400")
        }
        guard !json || [.text, .json].contains(format) else {
            throw ValidationError("--json and --format \(format.rawValue) exclude each other")
        }
    }

    func run() {
        var options = TranscribeOptions(
            model: model, audio: audio, emitLogits: emitLogits, threads: threads)
        options.dense = dense
        options.decoding = decoding.options
        options.format = json ? .json : format
        options.output = output
        options.chunkSeconds = chunkSeconds
        launch { try runTranscription(options, session: $0) }
    }
}
