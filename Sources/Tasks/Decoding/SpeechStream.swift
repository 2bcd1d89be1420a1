internal import Kernels
internal import Models
internal import Speech
package import Tensors
internal import Text

/// Recognises streaming speech.
///
/// Every second, the frames followed by at least a second of context are computed, with eight seconds before
/// them; searches continue from step to step. Audio is normalised by the statistics so far. If silence is
/// detected, it ends an utterance.
package struct SpeechStream {
    /// Seconds of context before and after new frames, between steps, and of the silence that ends an
    /// utterance.
    private static let (before, behind, step, pause) = (8.0, 1.0, 1.0, 0.8)

    /// A result since the last one.
    package enum Event {
        /// An unfinished utterance: its text so far, and the seconds up to which it was recognised.
        case partial(text: String, seconds: Double)
        /// A finished utterance, with its times, and when it began and ended in the stream, in seconds.
        case utterance(Recognition, seconds: Range<Double>)
    }

    private let model: SpeechModel
    private let parameters: ParameterViews
    private let recognizer: Recognizer
    private var gate: SilenceGate?
    private var moments: WaveformMoments
    /// The samples that may still be needed, from `start` on.
    private var held: [Float] = []
    private var start = 0
    /// Samples included in the moments.
    private var surveyed = 0
    /// Frames recognised so far.
    private var frame = 0
    private var utterance: Utterance?

    /// The current utterance.
    private struct Utterance {
        let first: Int
        var running: RunningRecognition
        /// Logits of consecutive frames, (frames, tokens), if words need times.
        var logits: [Float] = []
        var silentFrames = 0
    }

    /// A stream before its first sample.
    package init(
        _ model: SpeechModel, parameters: ParameterViews, recognizer: Recognizer, gatesSilence: Bool
    ) {
        self.model = model
        self.parameters = parameters
        self.recognizer = recognizer
        moments = model.network.configuration.waveformMoments
        gate =
            gatesSilence
            ? SilenceGate(VoiceActivity(sampleRate: model.sampleRate), model) : nil
    }

    /// Adds the next samples, at the model's rate.
    ///
    /// - Parameter isLast: Whether the stream ends with them.
    package mutating func hear(_ samples: [Float], isLast: Bool, arena: inout Arena) -> [Event] {
        held += samples
        gate?.activity.add(samples)
        if isLast { gate?.activity.finish() }
        var events: [Event] = []
        while let wanted = nextFrames(isLast: isLast) { events += hear(wanted, arena: &arena) }
        if isLast, let last = utterance.take() {
            events.append(ended(last, frame: frame - last.silentFrames))
        }
        return events
    }

    private func frames(_ seconds: Double) -> Int { max(1, Int(seconds / model.frameSeconds)) }

    /// The frames that can be recognised now, if there are enough.
    private func nextFrames(isLast: Bool) -> Range<Int>? {
        let available = model.network.configuration.frameCount(samples: start + held.count)
        let end = isLast ? available : available - frames(Self.behind)
        let next = min(end, frame + frames(Self.step))
        return next > frame && (isLast || next - frame == frames(Self.step)) ? frame..<next : nil
    }

    private mutating func hear(_ wanted: Range<Int>, arena: inout Arena) -> [Event] {
        arena.reset()
        let kept = arena.tensor(rows: wanted.count, columns: model.vocabulary.size)
        let (computed, samples) = window(of: wanted)
        if gate?.isOpen(wanted) ?? true {
            moments.add(Array(held[max(0, surveyed - start)..<samples.upperBound - start]))
            let all = model.logits(
                Array(held[samples.lowerBound - start..<samples.upperBound - start]), moments: moments,
                parameters: parameters, arena: &arena)
            let first = computed.lowerBound
            kept.copy(from: all.rows(wanted.lowerBound - first..<wanted.upperBound - first))
        }
        // Speech must not be normalised by noise.
        surveyed = samples.upperBound
        let open = gate?.close(kept, from: wanted.lowerBound)
        var events: [Event] = []
        for row in 0..<wanted.count {
            frame = wanted.lowerBound + row
            let isOpen = open?[row] ?? true
            guard isOpen || utterance != nil else { continue }
            advance(kept.rows(row..<row + 1), isOpen: isOpen)
            if let over = utterance, over.silentFrames >= frames(Self.pause) {
                events.append(ended(over, frame: frame + 1 - over.silentFrames))
                utterance = nil
            }
        }
        frame = wanted.upperBound
        forget()
        if let text = utterance?.running.text(), !text.isEmpty {
            events.append(.partial(text: text, seconds: seconds(frame)))
        }
        return events
    }

    private mutating func advance(_ row: Tensor, isOpen: Bool) {
        // Taken out and put back, so that nothing is copied.
        var spoken = utterance.take() ?? Utterance(first: frame, running: recognizer.begin())
        spoken.running.advance(row)
        if recognizer.timesWords { spoken.logits += row.array() }
        spoken.silentFrames = isOpen ? 0 : spoken.silentFrames + 1
        utterance = spoken
    }

    /// The frames computed to obtain the wanted ones, and the samples needed for that.
    private func window(of wanted: Range<Int>) -> (frames: Range<Int>, samples: Range<Int>) {
        let configuration = model.network.configuration
        let hop = configuration.hopSamples
        let available = configuration.frameCount(samples: start + held.count)
        let first = max((start + hop - 1) / hop, wanted.lowerBound - frames(Self.before))
        let end = min(available, wanted.upperBound + frames(Self.behind))
        return (first..<end, first * hop..<(end - 1) * hop + configuration.receptiveSamples)
    }

    private mutating func forget() {
        let first = max(0, frame - frames(Self.before)) * model.network.configuration.hopSamples
        guard first > start else { return }
        held.removeFirst(first - start)
        start = first
        gate?.activity.forget(before: start)
    }

    private func seconds(_ frame: Int) -> Double { Double(frame) * model.frameSeconds }

    private func ended(_ utterance: Utterance, frame: Int) -> Event {
        var utterance = utterance
        let columns = model.vocabulary.size
        let buffer = FlatBuffer(count: utterance.logits.count)
        buffer.all.copy(from: utterance.logits)
        let logits = buffer.all.reshaped(rows: utterance.logits.count / columns, columns: columns)
        let heard = utterance.running.finish(
            recognizer.timesWords ? logits : nil, offset: seconds(utterance.first))
        return .utterance(
            heard, seconds: seconds(utterance.first)..<max(seconds(frame), seconds(utterance.first)))
    }
}
