internal import Foundation
internal import JSON
internal import Kernels
internal import Models
internal import Program
internal import Speech
internal import Tasks
internal import Tensors
internal import Text

/// Transcribes standard input as it arrives.
func transcribeStream(
    _ options: Transcribe, _ model: SpeechModel, _ store: borrowing ParameterStore,
    _ recognizer: Recognizer
) throws {
    let name = "standard input"
    var input = try PCMStream(name: name, raw: options.raw) {
        // Takes what is available: a speaker should not wait for a full buffer.
        let data = FileHandle.standardInput.availableData
        return data.isEmpty ? nil : [UInt8](data)
    }
    let resampler = try Resampler(from: input.format.sampleRate, to: model.sampleRate, path: name)
    var stream = SpeechStream(
        model, parameters: store.views, recognizer: recognizer, gatesSilence: options.gatesSilence)
    var printer = try StreamPrinter(options)
    var arena = Arena()
    var count = 0
    while let samples = try input.next() {
        var heard: [Float] = []
        try resampler.take(samples, addingTo: &heard)
        count += heard.count
        for event in stream.hear(heard, isLast: false, arena: &arena) { try printer.print(event) }
    }
    var rest: [Float] = []
    try resampler.finish(addingTo: &rest)
    count += rest.count
    for event in stream.hear(rest, isLast: true, arena: &arena) { try printer.print(event) }
    guard model.network.configuration.frameCount(samples: count) > 0 else {
        throw AudioError(path: name, fault: "\(count) samples are too few for one frame")
    }
    try printer.finish(seconds: Double(count) / Double(model.sampleRate))
}

/// Prints a stream's results: utterances on standard output, text that may still change on standard error.
private struct StreamPrinter {
    private let format: TranscriptFormat
    private let writer: TranscriptWriter?
    /// Whether standard error shows one line that is rewritten.
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var shown = 0
    /// Everything recognised, if the format needs it as a whole.
    private var whole = Recognition()

    init(_ options: Transcribe) throws {
        format = options.writtenFormat
        writer = try options.output == nil ? nil : TranscriptWriter(options, names: ["stdin"], isSingle: true)
    }

    mutating func print(_ event: SpeechStream.Event) throws {
        switch event {
        case .partial(let text, let seconds):
            if format == .json, writer == nil {
                say(.object([.init("partial", .string(text)), .init("end", .number(rounded(seconds)))]))
            } else {
                show(text)
            }
        case .utterance(let heard, let seconds):
            guard !heard.text.isEmpty else { return }
            if isTerminal { show("") }
            whole.text += (whole.text.isEmpty ? "" : " ") + heard.text
            whole.words += heard.words
            guard writer == nil, format.isJoinable else { return }
            let members: [JSONValue.Member] = [
                .init("start", .number(rounded(seconds.lowerBound))),
                .init("end", .number(rounded(seconds.upperBound))),
            ]
            Swift.print(
                format.written(heard, recording: "stdin", seconds: seconds.upperBound, members: members),
                terminator: "")
            fflush(nil)
        }
    }

    private func say(_ value: JSONValue) {
        Swift.print(value.line)
        fflush(nil)
    }

    /// Shows text that may still change; on a terminal it overwrites what was shown before.
    private mutating func show(_ text: String) {
        let line =
            isTerminal
            ? "\r" + text + String(repeating: " ", count: max(0, shown - text.count))
                + (text.isEmpty ? "\r" : "")
            : text + "\n"
        shown = text.count
        FileHandle.standardError.write(Data(line.utf8))
    }

    mutating func finish(seconds: Double) throws {
        if let writer {
            try writer.write(whole, of: "stdin", seconds: seconds, members: [])
        } else if !format.isJoinable {
            Swift.print(format.written(whole, recording: "stdin", seconds: seconds), terminator: "")
        }
    }
}
