internal import Foundation
internal import JSON
internal import Recipe
internal import Reports
internal import Tensors

/// A forecast in words and numbers.
struct PlanReport {
    let forecast: RunForecast
    /// Operations per second of one rank's products on this machine; nil if it lacks the precision.
    let productSpeed: Double?

    /// The share of product speed reached by an update of base (docs/results.md): norms, softmax and Adam
    /// take the rest.
    static let shareOfProducts = 0.7

    /// Bytes per second written to a local disk, including hashing: what current machines reach at least.
    private static let writtenBytesPerSecond = 500e6

    /// Hours of features, updates and evaluations by this machine's product speed, and of writing; without
    /// the network.
    var hours: Double? {
        productSpeed.map { speed in
            let shared = (forecast.evaluationOperations + forecast.featureOperations) / Double(forecast.ranks)
            let computing = (forecast.busiestOperations + shared) / (speed * Self.shareOfProducts)
            return (computing + Double(forecast.writtenBytes) / Self.writtenBytesPerSecond) / 3600
        }
    }

    var json: JSONValue {
        let memory = forecast.memory.parts.map { JSONValue.Member($0.name, .integer($0.bytes)) }
        return .object([
            .init("model", .string(forecast.modelPath)), .init("ranks", .integer(forecast.ranks)),
            .init("ranks_per_node", .integer(forecast.ranksPerNode)),
            .init("threads_per_rank", .integer(forecast.threads)),
            .init("precision", .string(forecast.precision.rawValue)),
            .init("parameters", .integer(forecast.parameters)), .init("trained", .integer(forecast.trained)),
            .init("prunable", .integer(forecast.prunable)),
            .init("utterances", .integer(forecast.utterances)),
            .init("audio_seconds", .number(forecast.audioSeconds)),
            .init("longest_seconds", .number(forecast.longestSeconds)),
            .init("updates", .integer(forecast.updates)), .init("epochs", .number(forecast.epochs)),
            .init("idle_share", .number(forecast.sharing.idleShare)),
            .init(
                "sufficient_batch_seconds",
                forecast.sharing.sufficientBatchSeconds.map(JSONValue.number) ?? .null),
            .init("memory_bytes_per_rank", .integer(forecast.memory.peakBytes)),
            .init("memory", .object(memory)),
            .init("sent_bytes_per_rank_and_update", .integer(forecast.sentBytesPerRank)),
            .init("sent_bytes_per_update", .integer(forecast.sentBytes)),
            .init("flops", .number(forecast.operations)),
            .init("evaluation_flops", .number(forecast.evaluationOperations)),
            .init("feature_flops", .number(forecast.featureOperations)),
            .init("product_flops_per_second", productSpeed.map(JSONValue.number) ?? .null),
            .init("estimated_hours", hours.map(JSONValue.number) ?? .null),
            .init("checkpoint_bytes", .integer(forecast.checkpointBytes)),
            .init("checkpoints_kept", .integer(forecast.checkpointsKept)),
            .init("feature_bytes_per_node", .integer(forecast.featureBytes)),
            .init("warnings", .array(remarks.map(\.json))),
            .init("unknown", .array(unknowns.map(JSONValue.string))),
        ])
    }

    var text: String {
        let memory = TextTable(
            [.right("", minimumWidth: 24), .left("")],
            rows: forecast.memory.parts.map { [bytesText($0.bytes), $0.name] })
        return (lines(before) + memory.lines + lines(after)).joined(separator: "\n")
    }

    private func lines(_ facts: [(name: String, text: String)]) -> [String] {
        TextTable(facts: facts, width: 11).lines
    }

    private var nodes: Int { (forecast.ranks + forecast.ranksPerNode - 1) / forecast.ranksPerNode }

    private var before: [(name: String, text: String)] {
        [
            (
                "model",
                "\(forecast.modelPath), \(millions(forecast.parameters)) M weights, "
                    + "\(millions(forecast.trained)) M trained, \(millions(forecast.prunable)) M prunable"
            ),
            (
                "data",
                "\(forecast.utterances) utterances, \(hoursText(forecast.audioSeconds / 3600)), the longest "
                    + String(format: "%.1f s", forecast.longestSeconds)
            ),
            ("run", String(format: "%d updates, %.1f epochs", forecast.updates, forecast.epochs)),
            ("ranks", "\(forecast.ranks) × \(forecast.threads) thread(s) on \(nodes) node(s)"),
            ("sharing", sharingText),
            (
                "memory",
                "\(bytesText(forecast.memory.peakBytes)) per rank, "
                    + "\(bytesText(forecast.memory.peakBytes * forecast.ranksPerNode)) per node at most:"
            ),
        ]
    }

    private var after: [(name: String, text: String)] {
        [
            (
                "network",
                nodes == 1
                    ? "nothing: gradients are summed in shared memory"
                    : "\(bytesText(forecast.sentBytesPerRank)) sent per rank and update, "
                        + "\(bytesText(forecast.sentBytes)) by all"
            ),
            (
                "operations",
                String(
                    format: "%.3g in updates, %.3g in evaluations, %.3g in features", forecast.operations,
                    forecast.evaluationOperations, forecast.featureOperations)
            ),
            (
                "disk",
                "\(forecast.checkpointsKept) checkpoints of \(bytesText(forecast.checkpointBytes))"
                    + (forecast.featureBytes > 0
                        ? "; \(bytesText(forecast.featureBytes)) of features on each node" : "")
            ),
            ("time", timeText),
        ] + remarks.map { ("warning", $0.text) } + unknowns.map { ("not known", $0) }
    }

    /// How evenly batches can be divided, and what to change if they cannot.
    private var sharingText: String {
        let idle = String(
            format: "ranks wait %.1f %% of their time for the busiest", 100 * forecast.sharing.idleShare)
        guard forecast.sharing.isUneven else { return idle }
        guard let seconds = forecast.sharing.sufficientBatchSeconds else {
            return idle + ": this data cannot be divided among that many; use fewer ranks"
        }
        return idle + ": set data.batch_seconds to \(Int(seconds)) or more, or use fewer ranks"
    }

    /// What makes no sense in the recipe, or needs a reason.
    private var remarks: [PlanRemark] {
        PlannedAmounts(
            recipe: forecast.recipe, corpus: forecast.audioSeconds, batch: forecast.recipe.data.batchSeconds,
            epochs: forecast.epochs, hours: hours,
            evaluationShare: forecast.operations > 0
                ? forecast.evaluationOperations / forecast.operations : 0,
            masksBetween: forecast.masksBetween
        ).remarks
    }

    /// What the plan does not cover, one sentence each.
    private var unknowns: [String] {
        var unknowns = forecast.assumed
        unknowns += ["utterances that will be left out or are longer than the manifests say"]
        if forecast.leavesPrecisionOpen {
            unknowns.append("what precision.gemm = \"auto\" will find faster: planned as float32")
        }
        if forecast.ranks > forecast.ranksPerNode { unknowns.append("the speed of the network") }
        if forecast.walkedUpdates < forecast.updates {
            unknowns.append("batches after update \(forecast.walkedUpdates): assumed to be like those before")
        }
        return unknowns
    }

    private var timeText: String {
        guard let hours, let productSpeed else {
            return "no estimate: this machine does not multiply \(forecast.precision.rawValue)"
        }
        return
            "about \(hoursText(hours)): an estimate from this machine's \(Int(productSpeed / 1e9)) GFLOP/s per rank, "
            + "of which updates reach about \(Int(Self.shareOfProducts * 100)) %, with features and writing, "
            + "without the network"
    }

    private func millions(_ count: Int) -> String { String(format: "%.2f", Double(count) / 1e6) }
}

/// Hours in words, from minutes to weeks.
func hoursText(_ hours: Double) -> String {
    switch hours {
    case ..<1: String(format: "%.1f min", hours * 60)
    case ..<100: String(format: "%.1f h", hours)
    default: String(format: "%.0f h (%.0f days)", hours, hours / 24)
    }
}

extension PlanRemark {
    /// The remark as JSON.
    var json: JSONValue {
        .object([.init("text", .string(sentence)), .init("keys", .array(keys.map(JSONValue.string)))])
    }
}
