internal import Checkpoints
internal import Kernels
internal import Models
internal import Speech
internal import Tasks
internal import Tensors
internal import Text

/// A piece of a long recording: the frames that are computed together, and those of them that are kept.
struct ChunkedFrames: Equatable {
    let computed: Range<Int>
    let kept: Range<Int>

    /// The pieces of a recording, in order; what they keep covers each frame once.
    ///
    /// Seams are frames, not text: what is kept has had half the overlap around it to be heard in.
    ///
    /// - Parameters:
    ///   - frames: Those of the recording.
    ///   - length: The most that are computed together.
    ///   - overlap: How many two neighbours share, fewer than `length`.
    static func pieces(of frames: Int, length: Int, overlap: Int) -> [ChunkedFrames] {
        guard frames > length else { return [ChunkedFrames(computed: 0..<frames, kept: 0..<frames)] }
        var pieces: [ChunkedFrames] = []
        var start = 0
        var seam = 0
        while true {
            let end = min(frames, start + length)
            let next = end == frames ? frames : end - overlap / 2
            pieces.append(ChunkedFrames(computed: start..<end, kept: seam..<next))
            guard end < frames else { return pieces }
            seam = next
            // The last piece is as long as the others: it begins earlier instead.
            start = min(start + length - overlap, frames - length)
        }
    }
}

/// The logits of a whole recording, which end with it.
struct RecordingLogits: ~Copyable {
    private let buffer: FlatBuffer
    /// (frames, tokens).
    let all: Tensor
    /// How long the recording is.
    let seconds: Double

    /// Zeros.
    fileprivate init(frames: Int, tokens: Int, seconds: Double) {
        buffer = FlatBuffer(count: frames * tokens)
        all = buffer.all.reshaped(rows: frames, columns: tokens)
        self.seconds = seconds
    }
}

/// Computes the logits of recordings of any length, piece after piece where they are long.
struct LogitsReader {
    private let model: SpeechModel
    private let parameters: ParameterViews
    private let chunkFrames: Int
    private let overlapFrames: Int

    /// - Parameter chunkSeconds: The most that is computed at once; two neighbours share a sixth of it on each side.
    init(_ model: SpeechModel, parameters: ParameterViews, chunkSeconds: Double) {
        self.model = model
        self.parameters = parameters
        chunkFrames = max(6, Int(chunkSeconds / model.frameSeconds))
        overlapFrames = chunkFrames / 3
    }

    /// The logits of a recording.
    ///
    /// - Throws: `AudioError` for what cannot be read or has not one frame; `UserError` if memory is too small.
    func read(_ path: String, arena: inout Arena) throws -> RecordingLogits {
        try read(
            Utterance(id: path, audioPath: path, durationSeconds: 0, text: "", origin: ""), arena: &arena)
    }

    /// The logits of a part of a recording, or of some of its channels.
    func read(_ utterance: Utterance, arena: inout Arena) throws -> RecordingLogits {
        let network = model.network
        let path = utterance.audioPath
        var samples = try readAudio(
            path: path, sampleRate: model.sampleRate, segment: utterance.segment, channels: utterance.channels
        ).samples
        let count = samples.count
        let frames = network.configuration.frameCount(samples: count)
        guard frames > 0 else {
            throw AudioError(path: path, fault: "\(count) samples are too few for one frame")
        }
        let pieces = ChunkedFrames.pieces(of: frames, length: chunkFrames, overlap: overlapFrames)
        let hop = network.configuration.hopSamples
        // Of the samples of a frame, those behind the first hop.
        let reach = pieces.count > 1 ? receptiveSamples - hop : count
        func range(of piece: ChunkedFrames) -> Range<Int> {
            piece.computed.lowerBound * hop..<min(count, piece.computed.upperBound * hop + reach)
        }
        let longest = pieces.map { range(of: $0).count }.max() ?? count
        try requireMemory(
            network.evaluationArenaBytes(
                samples: longest, sparseSlots: Set(parameters.sparseWeights.keys)),
            for: "\(path): transcribing \(longest / model.sampleRate) s at once")
        if model.source.preprocessor.normalizes { normalizeWaveform(&samples) }
        let logits = RecordingLogits(
            frames: frames, tokens: model.vocabulary.size, seconds: Double(count) / Double(model.sampleRate))
        for piece in pieces {
            arena.reset()
            let wanted = range(of: piece)
            let part = network.evaluate(samples: wanted.count, parameters: parameters, arena: &arena) {
                $0.copy(from: Array(samples[wanted]))
            }
            let first = piece.computed.lowerBound
            let rows = part.rows(piece.kept.lowerBound - first..<piece.kept.upperBound - first)
            logits.all.rows(piece.kept).copy(from: rows)
        }
        return logits
    }

    /// The samples that one frame hears.
    private var receptiveSamples: Int {
        let configuration = model.network.configuration
        return zip(configuration.convolutionKernels, configuration.convolutionStrides).reversed()
            .reduce(1) { ($0 - 1) * $1.1 + $1.0 }
    }
}
