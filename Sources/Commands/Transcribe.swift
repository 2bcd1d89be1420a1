internal import ArgumentParser
internal import Session
internal import Training

/// `parp transcribe`.
struct Transcribe: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the text of audio files (WAV, FLAC, Ogg Vorbis and Opus, MP3).")

    @Option(help: "The model: a directory or a fairseq checkpoint.")
    var model: String

    @Argument(help: "Audio files.")
    var audio: [String]

    @Option(
        help:
            "A safetensors file for the logits: `logits` (frames, vocabulary), or `logits.N` of several files."
    )
    var emitLogits: String?

    @Flag(help: "Print one JSON object a file.")
    var json = false

    @Option(help: "Threads to compute with.")
    var threads = 1

    func run() {
        let options = TranscribeOptions(
            model: model, audio: audio, emitLogits: emitLogits, json: json, threads: threads)
        launch { try runTranscription(options, session: $0) }
    }
}
