internal import Models
internal import Speech
internal import Tensors

/// All updates of a run, looked at one after another as they will be shared out.
struct UpdateWalk {
    /// Operations of all ranks.
    private(set) var operations = 0.0
    /// Operations of each update's busiest rank.
    private(set) var busiestOperations = 0.0
    /// Passes over the data.
    private(set) var epochs = 0.0
    /// The bytes of activations of the largest micro-batch of all ranks.
    private(set) var activationBytes = 0
    /// The bytes of audio or features of the largest micro-batch.
    private(set) var inputBytes = 0
    /// Different numbers of frames of micro-batches, and of utterances: what products are compiled for.
    private(set) var batchLengths: Set<Int> = []
    private(set) var utteranceLengths: Set<Int> = []

    init(_ inputs: PlannedInputs, ranks: Int) {
        let (task, utterances) = (inputs.task, inputs.train.utterances)
        let configuration = inputs.model.network.configuration
        let precision = inputs.recipe.precision.gemm
        let costs = utterances.map { configuration.operations(samples: inputs.samples($0)) }
        let frames = utterances.map { configuration.frameCount(samples: inputs.samples($0)) }
        utteranceLengths = Set(frames)
        var largest = LargestPass(configuration: configuration)
        var seen = 0.0
        for update in 0..<inputs.recipe.schedule.updates {
            let shares = task.sharing.microBatches(
                of: task.globalBatch(update: update), utterances: utterances, rankCount: ranks)
            var busiest = 0.0
            for share in shares where !share.isEmpty {
                var own = 0.0
                for items in share {
                    let pass = task.plannedPass(items, update: update, precision: precision)
                    largest.consider(pass)
                    own += items.reduce(0) { $0 + Self.operations(costs[$1], pass) }
                    batchLengths.insert(items.reduce(0) { $0 + frames[$1] })
                    inputBytes = max(
                        inputBytes,
                        Self.inputBytes(pass, channels: inputs.model.network.featureChannels, configuration))
                }
                operations += own
                busiest = max(busiest, own)
                seen += Double(share.joined().count)
            }
            busiestOperations += busiest
        }
        activationBytes = largest.bytes
        epochs = utterances.isEmpty ? 0 : seen / Double(utterances.count)
    }

    /// What an utterance costs in a pass, blocks that are computed twice included.
    private static func operations(_ cost: FloatingPointOperations, _ pass: PlannedPass) -> Double {
        let isTrained = pass.trainable == .everything
        let encoder = pass.hasFeatures ? 0 : cost.featureEncoder * (isTrained ? 3 : 1)
        guard pass.trainable != .headOnly else { return encoder + cost.forward }
        return encoder + cost.forward * (pass.recomputing ? 2 : 1) + cost.backward
    }

    private static func inputBytes(
        _ pass: PlannedPass, channels: Int, _ configuration: Wav2Vec2Configuration
    ) -> Int {
        pass.utterances.reduce(0) { total, utterance in
            let numbers =
                pass.hasFeatures
                ? configuration.frameCount(samples: utterance.samples) * channels : utterance.samples
            return total + numbers * MemoryLayout<Float>.stride
        }
    }
}
