internal import Checkpoints
internal import Kernels
internal import Models
package import Speech
package import Tensors
internal import Text

/// Computes the logits of recordings of any length in constant memory.
///
/// A recording is read twice. The first reading computes the statistics that normalise it as a whole: mean
/// and variance of its samples, and of the first convolution's channels, which a group norm takes over all
/// frames. The second computes overlapping pieces, and keeps the frames of each that have enough context. The
/// only difference from one pass over the whole is that attention reaches no further than a piece.
package struct RecordingReader {
    private let model: SpeechModel
    private let parameters: ParameterViews
    private let chunkFrames: Int
    private let overlapFrames: Int
    private let gatesSilence: Bool

    /// - Parameters:
    ///   - chunkSeconds: The maximum length computed at once; two neighbours share a third of it.
    ///   - gatesSilence: Whether frames without speech are made blank.
    package init(
        _ model: SpeechModel, parameters: ParameterViews, chunkSeconds: Double, gatesSilence: Bool = false
    ) {
        self.model = model
        self.parameters = parameters
        chunkFrames = max(6, Int(chunkSeconds / model.frameSeconds))
        overlapFrames = chunkFrames / 3
        self.gatesSilence = gatesSilence
    }

    /// Recognises a recording, or a part or some channels of it.
    ///
    /// - Parameter keepsLogits: Whether to keep all logits, (frames, tokens).
    /// - Throws: `AudioError` if it cannot be read or has not even one frame; `UserError` if memory is too
    ///   small.
    package func recognize(
        _ utterance: Utterance, by recognizer: Recognizer, keepsLogits: Bool = false, arena: inout Arena
    ) throws -> (recognition: Recognition, seconds: Double, logits: [Float]) {
        let survey = try survey(utterance)
        var running = recognizer.begin()
        guard recognizer.timesWords || keepsLogits else {
            try forEachPiece(of: utterance, survey, arena: &arena) { logits, _ in running.advance(logits) }
            return (running.finish(nil), survey.seconds, [])
        }
        let all = RecordingLogits(survey, tokens: model.vocabulary.size)
        let rows = all.rows
        try forEachPiece(of: utterance, survey, arena: &arena) { logits, frames in
            running.advance(logits)
            rows.rows(frames).copy(from: logits)
        }
        let heard = running.finish(rows)
        return (heard, all.seconds, keepsLogits ? rows.array() : [])
    }

    /// All logits of a recording.
    package func logits(
        of utterance: Utterance, arena: inout Arena
    ) throws -> RecordingLogits {
        let survey = try survey(utterance)
        let all = RecordingLogits(survey, tokens: model.vocabulary.size)
        let rows = all.rows
        try forEachPiece(of: utterance, survey, arena: &arena) { logits, frames in
            rows.rows(frames).copy(from: logits)
        }
        return all
    }

    /// Passes on a recording's logits, (frames, tokens), piece by piece in order; the next piece reuses their
    /// memory.
    private func forEachPiece(
        of utterance: Utterance, _ survey: RecordingSurvey, arena: inout Arena,
        _ body: (_ logits: Tensor, _ frames: Range<Int>) -> Void
    ) throws {
        let pieces = ChunkedFrames.pieces(of: survey.frames, length: chunkFrames, overlap: overlapFrames)
        let longest = pieces.map { samples(of: $0, count: survey.count).count }.max() ?? survey.count
        try requireMemory(
            model.network.evaluationArenaBytes(
                samples: longest, sparseSlots: Set(parameters.sparseWeights.keys)),
            for: "\(utterance.audioPath): transcribing \(longest / model.sampleRate) s at once")
        var window = try SampleWindow(of: survey, utterance, sampleRate: model.sampleRate)
        var gate = survey.activity.map { SilenceGate($0, model) }
        for piece in pieces {
            let wanted = try window.samples(samples(of: piece, count: survey.count))
            arena.reset()
            let kept = arena.tensor(rows: piece.kept.count, columns: model.vocabulary.size)
            if gate?.isOpen(piece.kept) ?? true {
                let logits = model.logits(
                    wanted, moments: survey.moments, parameters: parameters, arena: &arena)
                let first = piece.computed.lowerBound
                kept.copy(
                    from: logits.rows(piece.kept.lowerBound - first..<piece.kept.upperBound - first))
            }
            gate?.close(kept, from: piece.kept.lowerBound)
            body(kept, piece.kept)
        }
    }

    /// The samples from which a piece is computed.
    private func samples(of piece: ChunkedFrames, count: Int) -> Range<Int> {
        let configuration = model.network.configuration
        let hop = configuration.hopSamples
        // The last piece includes the remaining samples, as one pass would.
        let end =
            piece.kept.upperBound == piece.computed.upperBound
            ? count : min(count, piece.computed.upperBound * hop + configuration.receptiveSamples - hop)
        return piece.computed.lowerBound * hop..<end
    }

    private func survey(_ utterance: Utterance) throws -> RecordingSurvey {
        var pieces = try AudioPieces(utterance, sampleRate: model.sampleRate)
        var survey = RecordingSurvey(
            moments: model.network.configuration.waveformMoments,
            activity: gatesSilence ? VoiceActivity(sampleRate: model.sampleRate) : nil)
        let held = chunkFrames * model.network.configuration.hopSamples
        while case let samples = try pieces.next(1 << 16), !samples.isEmpty {
            survey.add(samples, holding: held)
        }
        survey.activity?.finish()
        survey.frames = model.network.configuration.frameCount(samples: survey.count)
        survey.seconds = Double(survey.count) / Double(model.sampleRate)
        guard survey.frames > 0 else {
            throw AudioError(
                path: utterance.audioPath, fault: "\(survey.count) samples are too few for one frame")
        }
        return survey
    }
}

/// The logits of a whole recording.
package struct RecordingLogits: ~Copyable {
    private let buffer: FlatBuffer
    /// (frames, tokens).
    package let rows: Tensor
    /// The recording's length.
    package let seconds: Double

    /// Zeros.
    fileprivate init(_ survey: RecordingSurvey, tokens: Int) {
        buffer = FlatBuffer(count: survey.frames * tokens)
        rows = buffer.all.reshaped(rows: survey.frames, columns: tokens)
        seconds = survey.seconds
    }
}

/// What is known about a recording after reading it to its end.
private struct RecordingSurvey {
    private(set) var moments: WaveformMoments
    var activity: VoiceActivity?
    var frames = 0
    var seconds = 0.0
    /// All samples, if they are few.
    private(set) var samples: [Float]? = []

    init(moments: WaveformMoments, activity: VoiceActivity?) {
        self.moments = moments
        self.activity = activity
    }

    var count: Int { moments.count }

    mutating func add(_ piece: [Float], holding limit: Int) {
        moments.add(piece)
        activity?.add(piece)
        samples = count <= limit ? samples.map { $0 + piece } : nil
    }
}

/// A recording's samples, requested as ranges in order.
private struct SampleWindow: ~Copyable {
    private var pieces: AudioPieces?
    private var held: [Float]
    private var start = 0

    /// Reads the recording again, unless all of it is in memory.
    init(of survey: RecordingSurvey, _ utterance: Utterance, sampleRate: Int) throws {
        held = survey.samples ?? []
        pieces = try survey.samples == nil ? AudioPieces(utterance, sampleRate: sampleRate) : nil
    }

    /// The samples of a range that starts no earlier than the previous one.
    mutating func samples(_ range: Range<Int>) throws -> [Float] {
        while start + held.count < range.upperBound,
            let next = try pieces?.next(range.upperBound - start - held.count), !next.isEmpty
        {
            held += next
            drop(before: range.lowerBound)
        }
        drop(before: range.lowerBound)
        // A file that has become shorter since the survey is padded with silence.
        let missing = max(0, range.count - held.count)
        return Array(held.prefix(range.count)) + [Float](repeating: 0, count: missing)
    }

    private mutating func drop(before sample: Int) {
        let count = min(held.count, max(0, sample - start))
        held.removeFirst(count)
        start += count
    }
}

extension AudioPieces {
    fileprivate init(_ utterance: Utterance, sampleRate: Int) throws(AudioError) {
        try self.init(
            path: utterance.audioPath, sampleRate: sampleRate, segment: utterance.segment,
            channels: utterance.channels)
    }
}

extension SpeechModel {
    /// Seconds from one frame to the next.
    package var frameSeconds: Double { Double(network.configuration.hopSamples) / Double(sampleRate) }

    /// The logits of a part of a recording, normalised by statistics of all of it.
    func logits(
        _ samples: [Float], moments: WaveformMoments, parameters: ParameterViews, arena: inout Arena
    ) -> Tensor {
        guard source.preprocessor.normalizes else {
            return network.evaluate(
                samples: samples.count, statistics: moments.statistics, parameters: parameters, arena: &arena
            ) { $0.copy(from: samples) }
        }
        var normalized = samples
        let scale = normalizeWaveform(&normalized, mean: moments.mean, variance: moments.variance)
        return network.evaluate(
            samples: samples.count, statistics: moments.statistics(shift: moments.mean, scale: scale),
            parameters: parameters, arena: &arena
        ) { $0.copy(from: normalized) }
    }
}
