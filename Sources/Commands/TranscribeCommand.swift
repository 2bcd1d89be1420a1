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
    /// Threads to compute with.
    var threads: Int
    /// Whether zeros of the weights are multiplied like all others.
    var dense = false
    /// How logits become text.
    var decoding = DecodingOptions()
    /// How what was heard is written.
    var format = TranscriptFormat.text
    /// The folder for a file of each recording; nil for standard output.
    var output: String?
    /// The most that is computed at once.
    var chunkSeconds = 60.0

    /// What to transcribe, and how to say it.
    init(
        model: String, audio: [String], emitLogits: String? = nil, threads: Int = 1
    ) {
        self.model = model
        self.audio = audio
        self.emitLogits = emitLogits
        self.threads = threads
    }
}

/// What one rank heard in one file.
private struct Transcript: Codable {
    let index: Int
    let recognition: Recognition
    let seconds: Double
    let logits: [Float]
}

/// Prints the text of audio files, each rank hearing a share of them.
func runTranscription(_ options: TranscribeOptions, session: Session) throws {
    setMathThreads(options.threads)
    let model = try session.together { try SpeechModel.fineTuned(path: options.model) }
    let recognizer = try session.together {
        try Recognizer(model, options.decoding, timesWords: options.format.hasTimes)
    }
    let writer = try session.together { try TranscriptWriter(options) }
    let store = ParameterStore(layout: model.network.layout, training: false)
    let communicator = session.communicator
    var arena = Arena()
    try session.together { try model.loadWeights(into: store.values.all, seed: 0) }
    let sparse = try SparseWeights.forInference(store, isWanted: !options.dense, session: session)
    let parameters = store.views.multiplying(sparse)
    let reader = LogitsReader(model, parameters: parameters, chunkSeconds: options.chunkSeconds)
    let own = try session.together {
        return try options.audio.indices.filter { $0 % communicator.size == communicator.rank }.map { index in
            let logits = try reader.read(options.audio[index], arena: &arena)
            return Transcript(
                index: index, recognition: recognizer.recognize(logits.all), seconds: logits.seconds,
                logits: options.emitLogits == nil ? [] : logits.all.array())
        }
    }
    let transcripts = try session.exchange(own).flatMap { $0 }.sorted { $0.index < $1.index }
    try session.together {
        guard session.isRoot else { return }
        if let path = options.emitLogits {
            try writeLogits(transcripts, columns: model.vocabulary.size, to: path)
        }
        for transcript in transcripts {
            try writer.write(
                transcript.recognition, of: options.audio[transcript.index], seconds: transcript.seconds)
        }
    }
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
