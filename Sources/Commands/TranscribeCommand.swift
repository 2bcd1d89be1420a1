internal import Checkpoints
internal import Collectives
internal import Foundation
internal import JSON
internal import Kernels
internal import Models
internal import Session
internal import Speech
internal import Studies
internal import Tasks
internal import Tensors
internal import Text
internal import Training

/// What `parp transcribe` was asked for.
struct TranscribeOptions: Sendable {
    /// The model directory.
    var model: String
    /// The audio files.
    var audio: [String]
    /// A safetensors file to write the logits to: `logits`, or `logits.N` for each of several audio files.
    var emitLogits: String?
    /// Whether to print one JSON object a line instead of text.
    var json: Bool
    /// Threads to compute with.
    var threads: Int
    /// Whether zeros of the weights are multiplied like all others.
    var dense = false

    /// What to transcribe, and how to say it.
    init(
        model: String, audio: [String], emitLogits: String? = nil, json: Bool = false, threads: Int = 1
    ) {
        self.model = model
        self.audio = audio
        self.emitLogits = emitLogits
        self.json = json
        self.threads = threads
    }
}

/// What one rank heard in one file.
private struct Transcript: Codable {
    let index: Int
    let text: String
    let seconds: Double
    let logits: [Float]
}

/// Prints the text of audio files, each rank hearing a share of them.
func runTranscription(_ options: TranscribeOptions, session: Session) throws {
    setMathThreads(options.threads)
    let model = try session.together { try SpeechModel.fineTuned(path: options.model) }
    let store = ParameterStore(layout: model.network.layout, training: false)
    let communicator = session.communicator
    var arena = Arena()
    try session.together { try model.loadWeights(into: store.values.all, seed: 0) }
    let sparse = try SparseWeights.forInference(store, isWanted: !options.dense, session: session)
    let parameters = store.views.multiplying(sparse)
    let own = try session.together {
        return try options.audio.indices.filter { $0 % communicator.size == communicator.rank }.map { index in
            try transcribe(index, options, model, parameters: parameters, arena: &arena)
        }
    }
    let transcripts = try session.exchange(own).flatMap { $0 }.sorted { $0.index < $1.index }
    guard session.isRoot else { return }
    if let path = options.emitLogits {
        try writeLogits(transcripts, columns: model.vocabulary.size, to: path)
    }
    for transcript in transcripts {
        let path = options.audio[transcript.index]
        if options.json {
            let line = JSONValue.object([
                .init("audio_filepath", .string(path)), .init("text", .string(transcript.text)),
                .init("duration", .number(transcript.seconds)),
            ])
            print(line.line)
        } else {
            print(options.audio.count > 1 ? "\(path)\t\(transcript.text)" : transcript.text)
        }
    }
}

private func transcribe(
    _ index: Int, _ options: TranscribeOptions, _ model: SpeechModel, parameters: ParameterViews,
    arena: inout Arena
) throws -> Transcript {
    let path = options.audio[index]
    var samples = try readAudio(path: path, sampleRate: model.sampleRate).samples
    let count = samples.count
    guard model.network.configuration.frameCount(samples: count) > 0 else {
        throw AudioError(path: path, fault: "\(count) samples are too few for one frame")
    }
    try requireMemory(
        model.network.evaluationArenaBytes(
            samples: count, sparseSlots: Set(parameters.sparseWeights.keys)),
        for: "\(path): transcribing \(count / model.sampleRate) s at once")
    if model.source.preprocessor.normalizes { normalizeWaveform(&samples) }
    arena.reset()
    let logits = model.network.evaluate(samples: count, parameters: parameters, arena: &arena) {
        $0.copy(from: samples)
        samples = []
    }
    return Transcript(
        index: index, text: model.vocabulary.decode(path: largestEntries(logits, groups: 1)),
        seconds: Double(count) / Double(model.sampleRate),
        logits: options.emitLogits == nil ? [] : logits.array())
}

/// Stores (frames, vocabulary) tensors: `logits` for one file, `logits.N` for several.
private func writeLogits(_ transcripts: [Transcript], columns: Int, to path: String) throws {
    var writer = SafetensorsWriter()
    let buffer = FlatBuffer(count: transcripts.reduce(0) { $0 + $1.logits.count })
    var start = 0
    for transcript in transcripts {
        let count = transcript.logits.count
        buffer[start..<start + count].copy(from: transcript.logits)
        let name = transcripts.count == 1 ? "logits" : "logits.\(transcript.index)"
        writer.add(name, buffer[start..<start + count], shape: [count / columns, columns])
        start += count
    }
    try writer.write(to: path)
}
