internal import Checkpoints
internal import Collectives
internal import Foundation
internal import JSON
internal import Kernels
internal import Models
internal import Program
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
    /// Audio files, folders of them, or manifests.
    var audio: [String]
    /// A safetensors file to write the logits to: `logits`, or `logits.N` for each of several recordings.
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

/// What one rank heard in one recording, or why it could not.
private struct Transcript: Codable {
    let index: Int
    var text = ""
    var seconds = 0.0
    var logits: [Float] = []
    var fault: String?
}

/// Prints the text of recordings as they are heard, in their order; each rank hears a share of them.
///
/// - Throws: `UserError` with code 65, behind all results, if one of the recordings could not be read.
func runTranscription(_ options: TranscribeOptions, session: Session) throws {
    setMathThreads(options.threads)
    let model = try session.together { try SpeechModel.fineTuned(path: options.model) }
    let store = ParameterStore(layout: model.network.layout, training: false)
    try session.together { try model.loadWeights(into: store.values.all, seed: 0) }
    // Listed once: ranks could see a folder at different moments.
    let listing = try session.share(session.isRoot ? AudioListing(options.audio) : AudioListing([]))
    var printer = TranscriptPrinter(listing: listing, options: options)
    if session.isRoot { printer.report(listing.faults) }
    let communicator = session.communicator
    var arena = Arena()
    let sparse = try SparseWeights.forInference(store, isWanted: !options.dense, session: session)
    let parameters = store.views.multiplying(sparse)
    for first in stride(from: 0, to: listing.utterances.count, by: communicator.size) {
        let own = first + communicator.rank
        let transcript =
            listing.utterances.indices.contains(own)
            ? hear(own, listing.utterances[own], options, model, parameters: parameters, arena: &arena) : nil
        if let round = try session.collect(transcript) { printer.print(round.compactMap { $0 }) }
    }
    try session.together {
        guard session.isRoot else { return }
        if let path = options.emitLogits { try printer.writeLogits(columns: model.vocabulary.size, to: path) }
        try printer.finish()
    }
}

private func hear(
    _ index: Int, _ utterance: Utterance, _ options: TranscribeOptions, _ model: SpeechModel,
    parameters: ParameterViews, arena: inout Arena
) -> Transcript {
    let path = utterance.audioPath
    do {
        var samples = try readAudio(
            path: path, sampleRate: model.sampleRate, segment: utterance.segment, channels: utterance.channels
        ).samples
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
    } catch {
        return Transcript(index: index, fault: message(for: error))
    }
}

/// Says what was heard, result by result, and what could not be heard on standard error.
private struct TranscriptPrinter {
    let listing: AudioListing
    let options: TranscribeOptions
    private var faults = 0
    /// What was heard, where its logits are to be written in the end.
    private var kept: [Transcript] = []

    init(listing: AudioListing, options: TranscribeOptions) {
        self.listing = listing
        self.options = options
    }

    mutating func report(_ sentences: [String]) {
        for sentence in sentences {
            FileHandle.standardError.write(Data("parp: \(sentence)\n".utf8))
            faults += 1
        }
    }

    mutating func print(_ transcripts: [Transcript]) {
        for transcript in transcripts {
            if let fault = transcript.fault {
                report([fault])
                continue
            }
            Swift.print(line(transcript))
            if options.emitLogits != nil { kept.append(transcript) }
        }
        fflush(nil)
    }

    private func line(_ transcript: Transcript) -> String {
        let utterance = listing.utterances[transcript.index]
        guard options.json else {
            return listing.isSingle ? transcript.text : "\(listing.name(of: utterance))\t\(transcript.text)"
        }
        var members: [JSONValue.Member] = [
            .init("audio_filepath", .string(utterance.audioPath)), .init("text", .string(transcript.text)),
            .init("duration", .number(transcript.seconds)),
        ]
        if let segment = utterance.segment { members.append(.init("offset", .number(segment.lowerBound))) }
        if listing.isNamed(utterance) { members.append(.init("id", .string(utterance.id))) }
        return JSONValue.object(members).line
    }

    /// Stores (frames, vocabulary) tensors: `logits` for one recording, `logits.N` for several.
    func writeLogits(columns: Int, to path: String) throws {
        var writer = SafetensorsWriter()
        let buffer = FlatBuffer(count: kept.reduce(0) { $0 + $1.logits.count })
        var start = 0
        for transcript in kept {
            let count = transcript.logits.count
            buffer[start..<start + count].copy(from: transcript.logits)
            let name = listing.isSingle ? "logits" : "logits.\(transcript.index)"
            writer.add(name, buffer[start..<start + count], shape: [count / columns, columns])
            start += count
        }
        try writer.write(to: path)
    }

    func finish() throws {
        guard faults > 0 else { return }
        let total = listing.utterances.count + listing.faults.count
        throw UserError(
            .data,
            total == 1
                ? "nothing was transcribed"
                : "\(faults) of \(total) recordings could not be transcribed; the others are")
    }
}
