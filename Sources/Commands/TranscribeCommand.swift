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

/// A rank's result for one recording, or why it failed.
private struct Transcript: Codable {
    let index: Int
    var recognition = Recognition()
    var seconds = 0.0
    var logits: [Float] = []
    var fault: String?
}

/// Writes the text of recordings in order, as soon as they are recognised; each rank does a share of them.
///
/// - Throws: `UserError` with code 65, after all results, if one of the recordings could not be read.
func runTranscription(_ options: Transcribe, session: Session) throws {
    setMathThreads(options.inference.threads.count)
    let model = try session.together { try SpeechModel.fineTuned(path: options.model) }
    let decoding = options.decoding.options
    let recognizer = Recognizer(
        model, try decoding.decoder(for: model, session: session), count: decoding.count,
        timesWords: options.writtenFormat.hasTimes, gatesSilence: options.gatesSilence,
        calibration: try session.together { try ConfidenceCalibration(of: model) })
    let store = ParameterStore(layout: model.network.layout, training: false)
    try session.together { try model.loadWeights(into: store.values.all, seed: 0) }
    if options.isStream {
        return try session.together {
            guard session.isRoot else { return }
            try transcribeStream(options, model, store, recognizer)
        }
    }
    // Listed once, since a folder may change between ranks' listings.
    let listing = try session.share(session.isRoot ? AudioListing(options.audio) : AudioListing([]))
    let writer = try session.together {
        try TranscriptWriter(options, names: listing.utterances.map(listing.name), isSingle: listing.isSingle)
    }
    var printer = TranscriptPrinter(listing: listing, keepsLogits: options.emitLogits != nil, writer: writer)
    if session.isRoot { printer.report(listing.faults) }
    let communicator = session.communicator
    var arena = Arena()
    let sparse = try SparseWeights.forInference(store, isWanted: !options.inference.dense, session: session)
    let parameters = store.views.multiplying(sparse)
    let reader = RecordingReader(
        model, parameters: parameters, chunkSeconds: options.chunkSeconds,
        gatesSilence: options.gatesSilence)
    for first in stride(from: 0, to: listing.utterances.count, by: communicator.size) {
        let own = first + communicator.rank
        let transcript =
            listing.utterances.indices.contains(own)
            ? hear(own, listing.utterances[own], options, reader, recognizer, arena: &arena) : nil
        let round = try session.collect(transcript)
        try session.together { if let round { try printer.print(round.compactMap { $0 }) } }
    }
    try session.together {
        guard session.isRoot else { return }
        if let path = options.emitLogits { try printer.writeLogits(columns: model.vocabulary.size, to: path) }
        try printer.finish()
    }
}

private func hear(
    _ index: Int, _ utterance: Utterance, _ options: Transcribe, _ reader: RecordingReader,
    _ recognizer: Recognizer, arena: inout Arena
) -> Transcript {
    do {
        let heard = try reader.recognize(
            utterance, by: recognizer, keepsLogits: options.emitLogits != nil, arena: &arena)
        return Transcript(
            index: index, recognition: heard.recognition, seconds: heard.seconds, logits: heard.logits)
    } catch {
        return Transcript(index: index, fault: message(for: error))
    }
}

/// Prints results one by one, and failures on standard error.
private struct TranscriptPrinter {
    let listing: AudioListing
    let keepsLogits: Bool
    let writer: TranscriptWriter
    private var faults = 0
    /// Results kept until their logits are written at the end.
    private var kept: [Transcript] = []

    init(listing: AudioListing, keepsLogits: Bool, writer: TranscriptWriter) {
        self.listing = listing
        self.keepsLogits = keepsLogits
        self.writer = writer
    }

    mutating func report(_ sentences: [String]) {
        for sentence in sentences {
            FileHandle.standardError.write(Data("parp: \(sentence)\n".utf8))
            faults += 1
        }
    }

    mutating func print(_ transcripts: [Transcript]) throws {
        for transcript in transcripts {
            if let fault = transcript.fault {
                report([fault])
                continue
            }
            let utterance = listing.utterances[transcript.index]
            try writer.write(
                transcript.recognition, of: listing.name(of: utterance), seconds: transcript.seconds,
                members: members(transcript, of: utterance))
            if keepsLogits { kept.append(transcript) }
        }
        fflush(nil)
    }

    /// A recording's JSON members besides its text.
    private func members(_ transcript: Transcript, of utterance: Utterance) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = [
            .init("audio_filepath", .string(utterance.audioPath)),
            .init("duration", .number(transcript.seconds)),
        ]
        if let segment = utterance.segment { members.append(.init("offset", .number(segment.lowerBound))) }
        if listing.isNamed(utterance) { members.append(.init("id", .string(utterance.id))) }
        return members
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
