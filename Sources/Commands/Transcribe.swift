internal import ArgumentParser
internal import Session
internal import Speech
internal import Training

/// `parp transcribe`.
struct Transcribe: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the text of audio files (WAV, FLAC, Ogg Vorbis and Opus, MP3).",
        discussion: """
            Each text is printed as soon as it is ready, in the order of the recordings. One that cannot be read is reported \
            on standard error without stopping the others; then the exit code is 65.

            With -, standard input is transcribed as it arrives, WAV or raw samples of 8 to 48 kHz: the text so far goes to \
            standard error, or in JSON as "partial", and each utterance is printed once it is over.

              arecord -t raw -f S16_LE -r 16000 | parp transcribe --model final --raw-rate 16000 -
            """)

    @Option(help: "The model: a directory, a pack or a fairseq checkpoint.")
    var model: String

    @Argument(
        help:
            "Audio files, folders of them, or manifests of any format that `parp corpus` reads; or -, standard input."
    )
    var audio: [String]

    @Option(
        help:
            "A safetensors file for the logits: `logits` (frames, vocabulary), or `logits.N` for several recordings."
    )
    var emitLogits: String?

    @Option(help: "The output format: text, json, srt, vtt, ctm or textgrid.")
    var format = TranscriptFormat.text

    @Flag(help: "The same as --format json: one object per recording, with its words' times.")
    var json = false

    @Option(help: "A folder for one file per recording, instead of standard output.")
    var output: String?

    @Option(
        help:
            "Longer recordings are processed in pieces of this many seconds, overlapping by a third.")
    var chunkSeconds = defaultChunkSeconds

    @Option(
        help:
            "Whether to detect silence by its level and not transcribe it: on or off (default: on for standard input)."
    )
    var voiceActivity: Switch?

    @Option(help: "Sample rate of raw standard input, from 8000 to 48000 Hz.")
    var rawRate: Int?

    @Option(
        help:
            "Encoding of raw samples: \(SampleEncoding.allCases.map(\.rawValue).joined(separator: ", ")).")
    var rawFormat = SampleEncoding.signed16

    @Option(help: "Channels of raw samples, which are averaged.")
    var rawChannels = 1

    @OptionGroup var inference: InferenceArguments

    @OptionGroup(title: "Decoding") var decoding: DecodingArguments

    func validate() throws {
        guard chunkSeconds >= 1, chunkSeconds <= 86_400 else {
            throw ValidationError("--chunk-seconds is \(chunkSeconds); it must be from 1 to 86400")
        }
        guard !json || [.text, .json].contains(format) else {
            throw ValidationError("--json and --format \(format.rawValue) exclude each other")
        }
        guard audio == ["-"] || !audio.contains("-") else {
            throw ValidationError("- is standard input, and must be the only input")
        }
        guard audio == ["-"] || rawRate == nil else {
            throw ValidationError("--raw-rate is for standard input; files state their own rate")
        }
        guard rawRate.map(SampleFormat.rates.contains) ?? true else {
            throw ValidationError("--raw-rate must be from 8000 to 48000")
        }
        guard (1...64).contains(rawChannels) else { throw ValidationError("--raw-channels must be 1 to 64") }
        guard emitLogits == nil || (audio != ["-"] && voiceActivity != .on) else {
            throw ValidationError(
                "--emit-logits is for files without silence detection; leave out --voice-activity and -")
        }
    }

    /// Seconds that are computed at once, where nothing else is said.
    static let defaultChunkSeconds = 60.0

    /// How what was heard is written.
    var writtenFormat: TranscriptFormat { json ? .json : format }

    /// What standard input holds, where that has no header.
    var raw: SampleFormat? {
        rawRate.map { SampleFormat(encoding: rawFormat, sampleRate: $0, channels: rawChannels) }
    }

    /// Whether speech comes through standard input.
    var isStream: Bool { audio == ["-"] }

    /// Whether frames in which nobody speaks are blank: of streams, unless told otherwise.
    var gatesSilence: Bool { voiceActivity.map { $0 == .on } ?? isStream }

    func run() { launch { try runTranscription(self, session: $0) } }
}

extension SampleEncoding: ExpressibleByArgument {}

/// On or off.
enum Switch: String, ExpressibleByArgument, CaseIterable {
    case on, off
}
