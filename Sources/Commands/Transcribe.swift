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

    @Flag(help: "Print one JSON object a file.")
    var json = false

    @Option(help: "Threads to compute with.")
    var threads = 1

    @Flag(help: "Multiply zeros like all other weights, however many there are.")
    var dense = false

    func run() {
        var options = TranscribeOptions(
            model: model, audio: audio, emitLogits: emitLogits, json: json, threads: threads)
        options.dense = dense
        launch { try runTranscription(options, session: $0) }
    }
}
