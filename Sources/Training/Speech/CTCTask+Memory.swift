internal import Models
internal import Speech
internal import Tensors

extension CTCTask: ActivationPlanning {
    /// The most bytes that a micro-batch of this rank takes, of all that the plan has for these updates.
    func activationBytes(
        updates: Range<Int>, rank: Int, rankCount: Int, precision: GEMMPrecision
    ) -> Int {
        var largest = LargestPass(configuration: model.configuration)
        for update in updates {
            for items in microBatches(of: globalBatch(update: update), rank: rank, rankCount: rankCount) {
                largest.consider(plannedPass(items, update: update, precision: precision))
            }
        }
        return largest.bytes
    }

    /// A micro-batch as far as memory depends on it.
    func plannedPass(_ items: [Int], update: Int, precision: GEMMPrecision) -> PlannedPass {
        var pass = PlannedPass(
            items.map { item in
                PlannedPass.Utterance(
                    samples: Int((data.utterances[item].durationSeconds * Double(data.sampleRate)).rounded()),
                    labels: data.targets[item].count)
            })
        pass.hasFeatures = data.cache != nil
        pass.precision = precision
        pass.recomputing = settings.recomputesActivations
        pass.regularization = settings.regularization
        if update < settings.freezeEncoderUpdates {
            pass.trainable = .headOnly
        } else if !settings.freezeFeatureEncoder {
            pass.trainable = .everything
        }
        return pass
    }
}

/// The pass that takes most memory, of many.
struct LargestPass {
    /// The bytes it takes.
    private(set) var bytes = 0
    private let configuration: Wav2Vec2Configuration
    /// Passes that no other exceeds in everything; most of a run's are exceeded by one of a few.
    private var frontier: [Extents] = []

    /// What memory grows with.
    private struct Extents {
        let samples: Int
        let longest: Int
        let labels: Int
        let count: Int
        let isHeadOnly: Bool

        init(_ pass: PlannedPass) {
            samples = pass.utterances.reduce(0) { $0 + $1.samples }
            longest = pass.utterances.reduce(0) { max($0, $1.samples) }
            labels = pass.utterances.reduce(0) { max($0, $1.labels) }
            count = pass.utterances.count
            isHeadOnly = pass.trainable == .headOnly
        }

        func exceeds(_ other: Extents) -> Bool {
            samples >= other.samples && longest >= other.longest && labels >= other.labels
                && count >= other.count && isHeadOnly == other.isHeadOnly
        }
    }

    /// No pass yet.
    init(configuration: Wav2Vec2Configuration) { self.configuration = configuration }

    /// Looks at one more pass.
    mutating func consider(_ pass: PlannedPass) {
        let extents = Extents(pass)
        guard !frontier.contains(where: { $0.exceeds(extents) }) else { return }
        frontier.removeAll { extents.exceeds($0) }
        frontier.append(extents)
        bytes = max(bytes, configuration.arenaBytes(pass))
    }
}
