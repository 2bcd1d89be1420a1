internal import Foundation

/// Detects speech in a stream by its level above the background.
///
/// The level of 10 ms is that of the waveform's differences, which leaves hum and rumble out. The background is the
/// lowest level of the last two seconds (after minimum statistics; Martin, 2001). Speech begins 10 dB above it and ends
/// when the level has been less than 6 dB above it for 300 ms; some time before and after is also speech, so
/// that soft beginnings and ends of words are included. Only silence longer than the gaps within words closes
/// the gate.
public struct VoiceActivity: Sendable {
    /// Decibels above the background at which speech begins, and below which it ends.
    private static let (opening, closing) = (10.0, 6.0)
    /// Seconds: loud to begin, soft to end, speech before and after, and the window of the background.
    private static let (attack, release, padding, memory) = (0.03, 0.3, 0.2, 2.0)
    /// The background's bounds in decibels: digital silence does not count, and since a recording may begin
    /// amid speech, the background is capped at the second value until a full window has been heard.
    private static let (quietest, firstGuess) = (-70.0, -55.0)
    private static let frameSeconds = 0.01

    private let frameSamples: Int
    private var pending: [Float] = []
    private var last: Float = 0
    /// Frames so far.
    private var frame = 0
    /// The lowest levels of the last stretches, the current one last.
    private var lowest: [Double] = [0]
    private var loud = 0
    private var soft = 0
    private var start: Int?
    private var isOver = false
    /// Stretches of speech, in samples, in order; close ones are merged.
    public private(set) var spoken: [Range<Int>] = []

    /// Before the first sample.
    public init(sampleRate: Int) {
        frameSamples = max(1, Int(Self.frameSeconds * Double(sampleRate)))
    }

    /// Adds the next samples.
    public mutating func add(_ samples: [Float]) {
        pending += samples
        var first = 0
        while first + frameSamples <= pending.count {
            step(pending[first..<first + frameSamples])
            first += frameSamples
        }
        pending.removeFirst(first)
    }

    private mutating func step(_ samples: ArraySlice<Float>) {
        var energy = 0.0
        for sample in samples {
            let difference = Double(sample - last)
            energy += difference * difference
            last = sample
        }
        let level = 10 * log10(energy / Double(frameSamples) + 1e-12)
        let threshold = background(with: level) + (start == nil ? Self.opening : Self.closing)
        frame += 1
        loud = level > threshold ? loud + 1 : 0
        soft = level > threshold ? 0 : soft + 1
        if start == nil, loud >= frames(Self.attack) {
            start = frame - loud - frames(Self.padding)
        } else if let begun = start, soft >= frames(Self.release) {
            close(begun, end: frame - soft + frames(Self.padding))
        }
    }

    /// The lowest level of the last two seconds, in stretches of a quarter.
    private mutating func background(with level: Double) -> Double {
        let stretch = frames(Self.memory / 8)
        if frame % stretch == 0 {
            lowest.append(level)
            if lowest.count > 8 { lowest.removeFirst() }
        }
        lowest[lowest.count - 1] = min(lowest[lowest.count - 1], level)
        let least = lowest.reduce(.infinity, min)
        let known = frame < frames(Self.memory) ? min(least, Self.firstGuess) : least
        return max(Self.quietest, known)
    }

    private func frames(_ seconds: Double) -> Int { Int((seconds / Self.frameSeconds).rounded()) }

    private mutating func close(_ begun: Int, end: Int) {
        start = nil
        let range = max(0, begun) * frameSamples..<max(1, end) * frameSamples
        if let previous = spoken.last, previous.upperBound >= range.lowerBound {
            spoken[spoken.count - 1] = previous.lowerBound..<range.upperBound
        } else {
            spoken.append(range)
        }
    }

    /// Ends with the recording: ongoing speech lasts to its end.
    public mutating func finish() {
        if let begun = start { close(begun, end: frame + 1) }
        isOver = true
    }

    /// Drops speech before a sample.
    public mutating func forget(before sample: Int) { spoken.removeAll { $0.upperBound <= sample } }

    /// Whether a range of samples contains speech, or may still turn out to: later samples always may.
    public func isSpoken(_ range: Range<Int>) -> Bool {
        if range.upperBound > certainSamples { return true }
        return spoken.reversed().contains { $0.overlaps(range) }
    }

    /// The number of samples already classified.
    public var certainSamples: Int {
        guard !isOver else { return .max }
        let undecided = frames(Self.padding) + frames(Self.attack)
        return max(0, min(start ?? frame, frame - undecided)) * frameSamples
    }
}
