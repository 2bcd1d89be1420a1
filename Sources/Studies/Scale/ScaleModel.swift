internal import Foundation

/// The cost of messages between nodes: `latency + bytes · secondsPerByte` each, one after another on a node's
/// link.
struct NetworkCost: Codable, Equatable, Sendable {
    let latency: Double
    let secondsPerByte: Double

    /// A link with this many gigabits per second.
    init(gigabits: Double, microseconds: Double) {
        latency = microseconds * 1e-6
        secondsPerByte = 8e-9 / gigabits
    }

    init(latency: Double, secondsPerByte: Double) {
        (self.latency, self.secondsPerByte) = (latency, secondsPerByte)
    }
}

/// A setting whose step is to be predicted.
struct ScaleSetting: Sendable {
    /// All ranks, and ranks per node.
    var ranks: Int
    var ranksPerNode: Int
    /// Audio per update, over all ranks.
    var audioSeconds: Double
    /// Updates between masks and between checkpoints; 0 for none.
    var maskInterval = 0
    var checkpointInterval = 0
    /// The share of gradients sent between nodes.
    var travelling = 1.0

    var nodes: Int { (ranks + ranksPerNode - 1) / ranksPerNode }
    /// The number of ranks on the fullest node.
    var crowd: Int { min(ranks, ranksPerNode) }
}

/// The parts of a step, in seconds.
struct ScaleStep: Codable, Sendable {
    var data = 0.0
    var compute = 0.0
    var straggling = 0.0
    var exposed = 0.0
    var optimizer = 0.0
    var mask = 0.0
    var checkpoint = 0.0
    var other = 0.0

    /// All of it.
    var total: Double { parts.reduce(0) { $0 + $1.seconds } }

    /// The parts, as named in reports.
    var parts: [(name: String, seconds: Double)] {
        [
            ("data", data), ("forward and backward", compute), ("waiting for slower ranks", straggling),
            ("exposed communication", exposed), ("optimizer", optimizer), ("mask", mask),
            ("checkpoint", checkpoint), ("other", other),
        ]
    }
}

/// The cost of a step as a function of ranks, nodes and network; docs/scaling.md has the formulas.
struct ScaleModel: Codable, Sendable {
    /// Forward and backward: seconds per update, per second of audio on a rank, and the latter again for each
    /// further rank on the node.
    var computeBase = 0.0
    var computePerSecond = 0.0
    var computeCrowding = 0.0
    /// The standard deviation of ranks' compute times: as a share of them, and in seconds.
    var straggleShare = 0.0
    var straggleSeconds = 0.0
    /// The optimiser: seconds, and for each further rank on the node.
    var optimizer = 0.0
    var optimizerCrowding = 0.0
    /// Seconds per update, independent of ranks.
    var data = 0.0
    var other = 0.0
    /// Seconds per occurrence.
    var mask = 0.0
    var checkpoint = 0.0
    /// A sum inside a node: α seconds per doubling of ranks and γ seconds per byte and rank.
    var memoryLatency = 0.0
    var memorySecondsPerByte = 0.0
    /// Messages between nodes; nil until several nodes were measured or a network was given.
    var network: NetworkCost?
    /// The extra time of a bucket's sum during a backward pass: its thread must get the core.
    var besideSeconds = 0.0
    /// Exposed communication independent of length.
    var exposedBase = 0.0
    /// The share of backward in forward and backward.
    var backwardShare = 0.65
    var gradientBytes = 0
    var bucketBytes = 1
    /// The root mean square of relative errors over the measured settings.
    var residual = 0.0

    /// The seconds of a sum, alone.
    ///
    /// Inside a node of r ranks α log₂ r + γ r n; between N nodes 2 (N − 1) messages of n / N bytes from each:
    /// 2 (N − 1) α + 2 (N − 1)/N β n.
    func sum(bytes: Double, _ setting: ScaleSetting) -> Double {
        let crowd = Double(setting.crowd)
        let inside =
            setting.crowd > 1 ? memoryLatency * log2(crowd) + memorySecondsPerByte * crowd * bytes : 0
        guard setting.nodes > 1, let network else { return inside }
        let others = Double(setting.nodes - 1)
        let piece = bytes * setting.travelling / Double(setting.nodes)
        return inside + 2 * others * (network.latency + piece * network.secondsPerByte)
    }

    /// The buckets of an update.
    var buckets: Int { max(1, (gradientBytes + bucketBytes - 1) / bucketBytes) }

    /// Forward and backward of a rank of average speed.
    func compute(_ setting: ScaleSetting) -> Double {
        let audio = setting.audioSeconds / Double(setting.ranks)
        return computeBase + audio * (computePerSecond + computeCrowding * Double(setting.crowd - 1))
    }

    /// The standard deviation of that time over ranks.
    func deviation(_ setting: ScaleSetting) -> Double {
        setting.ranks > 1 ? straggleShare * compute(setting) + straggleSeconds : 0
    }

    /// The seconds of a bucket during the backward pass.
    func bucketSeconds(_ setting: ScaleSetting) -> Double {
        guard setting.ranks > 1 else { return 0 }
        return besideSeconds + sum(bytes: Double(gradientBytes) / Double(buckets), setting)
    }

    /// The step of a setting.
    ///
    /// Buckets become ready evenly over backward of length B and are summed one after another, c seconds each: k of
    /// them end c after backward at the earliest, and k c after the first was ready at B / k.
    func step(_ setting: ScaleSetting) -> ScaleStep {
        var step = ScaleStep()
        step.data = data
        step.compute = compute(setting)
        step.straggling = expectedMaximum(of: setting.ranks) * deviation(setting)
        let (count, bucket) = (Double(buckets), bucketSeconds(setting))
        let backward = backwardShare * step.compute
        let behind = count * bucket - backward * (1 - 1 / count)
        step.exposed = setting.ranks > 1 ? exposedBase + max(bucket, behind) : 0
        step.optimizer = optimizer + optimizerCrowding * Double(setting.crowd - 1)
        step.mask = setting.maskInterval > 0 ? mask / Double(setting.maskInterval) : 0
        step.checkpoint = setting.checkpointInterval > 0 ? checkpoint / Double(setting.checkpointInterval) : 0
        step.other = other
        return step
    }
}
