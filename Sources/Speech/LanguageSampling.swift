internal import Foundation
internal import Tensors

/// Which utterances an epoch holds when languages are balanced.
///
/// As XLSR does (Conneau et al., 2020, section 3.2), a language with n of N seconds is heard with a probability
/// proportional to (n / N)^α. The language that is raised most is heard whole in every epoch. Of every other an
/// epoch holds a part, another one each time: after any number of epochs its utterances were heard equally
/// often, give or take once. No utterance comes twice in an epoch, so that no batch holds copies.
struct LanguageSampling: Sendable {
    /// The share of each language that an epoch holds; those without a name are a language of their own.
    private let shares: [String?: Double]
    private let seed: UInt64

    /// The sampling of some utterances with the exponent α, from 0, all languages alike, to 1, as they are.
    init(_ utterances: [Utterance], alpha: Double, seed: UInt64) {
        precondition((0...1).contains(alpha), "an exponent of \(alpha)")
        var seconds: [String?: Double] = [:]
        for utterance in utterances { seconds[utterance.language, default: 0] += utterance.durationSeconds }
        // p / n is proportional to n^(α − 1): the language with the least audio is raised most.
        let least = seconds.values.min() ?? 1
        shares = seconds.mapValues { pow($0 / least, alpha - 1) }
        self.seed = seed
    }

    /// Whether an epoch holds an utterance.
    func holds(_ utterance: Utterance, epoch: Int) -> Bool {
        let share = shares[utterance.language] ?? 1
        guard share < 1 else { return true }
        // Counts how often the utterance was heard before and after the epoch, from a start of its own.
        let start = CountedRandom(seed: seed, stream: .epochOrder, layer: 2).uniform(at: utterance.identity)
        return (share * Double(epoch + 1) + start).rounded(.down)
            > (share * Double(epoch) + start).rounded(.down)
    }
}
