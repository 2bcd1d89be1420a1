internal import Foundation
internal import Tensors

/// Simulates one step of all ranks, event by event, with a model's costs, to check its closed formula.
///
/// Every rank draws its own compute time. A bucket leaves a node once all of its ranks have finished it, and
/// its pieces go to every other node and back, one message after another on each node's link in each
/// direction. Nothing is averaged before the end.
struct StepSimulation {
    private let model: ScaleModel
    private let setting: ScaleSetting
    private let buckets: Int
    private let insideSeconds: Double
    private let messageSeconds: Double

    init(model: ScaleModel, setting: ScaleSetting) {
        (self.model, self.setting) = (model, setting)
        buckets = model.buckets
        let bytes = Double(model.gradientBytes) / Double(buckets)
        var alone = setting
        alone.ranks = setting.crowd
        insideSeconds = model.besideSeconds + model.sum(bytes: bytes, alone)
        let cost = model.network ?? NetworkCost(latency: 0, secondsPerByte: 0)
        messageSeconds =
            cost.latency + bytes * setting.travelling / Double(setting.nodes) * cost.secondsPerByte
    }

    /// The mean seconds of a step over several draws.
    func meanSeconds(steps: Int = 20) -> Double {
        (0..<steps).reduce(0) { $0 + seconds(step: $1) } / Double(steps)
    }

    /// The seconds from the first rank's start to the last rank's end.
    func seconds(step: Int) -> Double {
        let random = CountedRandom(seed: 3, stream: .bootstrap, step: step)
        let (mean, deviation) = (model.compute(setting), model.deviation(setting))
        let compute = (0..<setting.ranks).map { max(0, mean + deviation * random.normal(at: UInt64($0))) }
        guard setting.ranks > 1 else { return model.data + compute[0] + rest }
        var free = [Double](repeating: 0, count: setting.nodes)
        for bucket in 0..<buckets {
            var ready = free
            for (rank, seconds) in compute.enumerated() {
                // Backward is the end of a rank's time, and buckets are ready evenly over it.
                let left = model.backwardShare * seconds * Double(buckets - 1 - bucket) / Double(buckets)
                let node = rank / setting.ranksPerNode
                ready[node] = max(ready[node], seconds - left)
            }
            free = exchange(ready.map { $0 + insideSeconds })
        }
        let ends = compute.enumerated().map { max($1, free[$0 / setting.ranksPerNode]) }
        return model.data + (ends.max() ?? 0) + model.exposedBase + rest
    }

    /// When each node has the full sum of a bucket that was ready on each at these times.
    private func exchange(_ ready: [Double]) -> [Double] {
        guard setting.nodes > 1 else { return ready }
        // All synchronise before any piece is sent, as the lanes do.
        let start = ready.max() ?? 0
        return round(after: round(after: [Double](repeating: start, count: setting.nodes)))
    }

    /// Every node sends a piece to every other; returns when each has received all of its pieces.
    private func round(after ready: [Double]) -> [Double] {
        let nodes = setting.nodes
        var (sending, receiving, complete) = (ready, ready, ready)
        for distance in 1..<nodes {
            for node in 0..<nodes {
                let other = (node + distance) % nodes
                let end = max(sending[node], receiving[other]) + messageSeconds
                sending[node] = end
                receiving[other] = end
                complete[other] = max(complete[other], end)
            }
        }
        return complete
    }

    /// What every rank does after the sums, or outside the step.
    private var rest: Double {
        let step = model.step(setting)
        return step.optimizer + step.mask + step.checkpoint + step.other
    }
}
