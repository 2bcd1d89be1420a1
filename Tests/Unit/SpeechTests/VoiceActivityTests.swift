import Foundation
import Testing

@testable import Speech

struct VoiceActivityTests {
    private let rate = 16_000

    /// Noise of an amplitude, with a tone between some seconds.
    private func sound(seconds: Double, noise: Float, tone: [ClosedRange<Double>], hum: Float = 0) -> [Float]
    {
        var state: UInt32 = 1
        return (0..<Int(seconds * Double(rate))).map { index in
            state = state &* 1_664_525 &+ 1_013_904_223
            let time = Double(index) / Double(rate)
            let isSpoken = tone.contains { $0.contains(time) }
            return noise * (Float(state >> 8) / 8_388_608 - 1) + hum * Float(sin(2 * .pi * 50 * time))
                + (isSpoken ? 0.2 * Float(sin(2 * .pi * 700 * time)) : 0)
        }
    }

    private func spoken(_ samples: [Float], by count: Int) -> [ClosedRange<Double>] {
        var activity = VoiceActivity(sampleRate: rate)
        for start in stride(from: 0, to: samples.count, by: count) {
            activity.add(Array(samples[start..<min(start + count, samples.count)]))
        }
        activity.finish()
        return activity.spoken.map {
            Double($0.lowerBound) / Double(rate)...Double($0.upperBound) / Double(rate)
        }
    }

    @Test(
        "what stands out is spoken with 0.2 s around it, in silence, noise and hum, in pieces of any length",
        arguments: [(Float(0), Float(0)), (0.0005, 0), (0.002, 0), (0.001, 0.2)])
    func tones(noise: Float, hum: Float) {
        let samples = sound(seconds: 10, noise: noise, tone: [2...3, 5...5.5, 5.7...6], hum: hum)
        for count in [160, 977, samples.count] {
            let found = spoken(samples, by: count)
            #expect(found.count == 2)
            for (range, expected) in zip(found, [1.8...3.2, 4.8...6.2]) {
                // Levels are of 10 ms.
                #expect(abs(range.lowerBound - expected.lowerBound) < 0.02, "\(found)")
                #expect(abs(range.upperBound - expected.upperBound) < 0.02, "\(found)")
            }
        }
    }

    @Test(
        "silence and steady noise are silent, but for the start of the latter; a recording may begin amid speech"
    )
    func edges() {
        #expect(spoken([Float](repeating: 0, count: 3 * rate), by: 1000).isEmpty)
        #expect(spoken(sound(seconds: 10, noise: 0.0005, tone: []), by: 1000).isEmpty)
        let steady = spoken(sound(seconds: 10, noise: 0.05, tone: []), by: 1000)
        #expect(steady.count <= 1 && (steady.first?.upperBound ?? 0) < 2.6)
        let amid = spoken(sound(seconds: 4, noise: 0.0005, tone: [0...1.5]), by: 1000)
        #expect(amid.count == 1 && amid[0].lowerBound == 0 && abs(amid[0].upperBound - 1.7) < 0.02)
    }

    @Test("what is not yet known to be silent counts as spoken, and what is known stays so")
    func certainty() {
        let samples = sound(seconds: 8, noise: 0.001, tone: [3...4])
        var activity = VoiceActivity(sampleRate: rate)
        var told: [Bool] = []
        let frame = rate / 50
        for start in stride(from: 0, to: samples.count, by: 1600) {
            activity.add(Array(samples[start..<start + 1600]))
            while (told.count + 1) * frame <= activity.certainSamples {
                told.append(activity.isSpoken(told.count * frame..<(told.count + 1) * frame))
            }
        }
        activity.finish()
        for (index, isSpoken) in told.enumerated() {
            #expect(activity.isSpoken(index * frame..<(index + 1) * frame) == isSpoken, "frame \(index)")
        }
        // A quarter of a second, and what speech is not yet over.
        #expect(told.count > 8 * 50 - 15)
    }
}
