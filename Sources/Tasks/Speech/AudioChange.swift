internal import Foundation
package import Recipe
internal import Speech
internal import Tensors

/// Augmentation of recordings: faster or slower (Ko et al., Interspeech 2015), and with white noise.
///
/// The change is a function of seed, update and utterance, so it is the same on any rank and in a resumed
/// run.
package struct AudioChange: Sendable {
    let seed: UInt64
    let speeds: [Double]
    /// Signal-to-noise ratios, in dB; nil adds no noise.
    let noise: ClosedRange<Double>?

    /// No change.
    package static let none = AudioChange(seed: 0, speeds: [1], noise: nil)

    /// A recipe's augmentation.
    package init(_ recipe: Recipe) {
        let augmentation = recipe.augmentation
        let noise = augmentation.noiseSNR
        self.init(
            seed: UInt64(recipe.seed), speeds: augmentation.speed,
            noise: noise.count == 2 ? noise[0]...noise[1] : nil)
    }

    init(seed: UInt64, speeds: [Double], noise: ClosedRange<Double>?) {
        (self.seed, self.speeds, self.noise) = (seed, speeds, noise)
    }

    /// Whether recordings are unchanged.
    package var isNone: Bool { speeds == [1] && noise == nil }

    /// The speed of an utterance in an update; 1 is unchanged.
    func speed(identity: UInt64, update: Int) -> Double {
        let random = CountedRandom(seed: seed, stream: .audioSpeed, step: update, item: identity)
        return speeds[min(speeds.count - 1, Int(random.uniform(at: 0) * Double(speeds.count)))]
    }

    /// Adds an utterance's noise in an update: Gaussian, with a power that is a random share of the signal's.
    func addNoise(to samples: inout [Float], identity: UInt64, update: Int) {
        guard let noise, !samples.isEmpty else { return }
        let random = CountedRandom(seed: seed, stream: .audioNoise, step: update, item: identity)
        let ratio = noise.lowerBound + random.uniform(at: 0) * (noise.upperBound - noise.lowerBound)
        let power = samples.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(samples.count)
        let amplitude = (power * pow(10, -ratio / 10)).squareRoot()
        for index in samples.indices {
            samples[index] += Float(amplitude * random.normal(at: UInt64(index + 1)))
        }
    }
}

extension SpeechDataset {
    /// Reads the augmented audio of some utterances in an update.
    ///
    /// - Parameter speed: The speed of an item.
    func load(
        _ items: [Int], update: Int, changed change: AudioChange, speed: (Int) -> Double
    ) throws -> SpeechMicroBatch {
        try load(items) { item in
            let utterance = utterances[item]
            // Resampled for a slower clock, then used at the model's rate.
            var samples = try readAudio(
                path: utterance.audioPath, sampleRate: Int((Double(sampleRate) / speed(item)).rounded()),
                segment: utterance.segment, channels: utterance.channels
            ).samples
            change.addNoise(to: &samples, identity: utterance.identity, update: update)
            if normalizesWaveform { normalizeWaveform(&samples) }
            return .samples(samples)
        }
    }
}
