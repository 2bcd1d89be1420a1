internal import Batching
internal import Checkpoints
internal import Foundation
internal import JSON
internal import Recipe
internal import Reports
internal import Tasks
internal import Training

/// The results of a finished run: its final model's metrics, its mask, and its cost.
struct RunRecord: Sendable {
    /// The final model's metrics by name, on the validation or test set.
    private(set) var metrics: [String: Double]
    /// The same for each language, if there are several.
    let languages: [String: [String: Double]]
    /// The share of the pool that is zero in the final model, counted.
    let sparsity: Double
    /// IOU of the final mask with the first.
    let drift: Double?
    let cost: RunCost
    /// The file of the final mask, if there is one.
    let mask: String?

    /// The record of a task's run directory, or nil if the run is not finished.
    init?(folder: String, task: TaskKind) throws(CheckpointError) {
        let path = folder + "/metrics.jsonl"
        guard FileManager.default.fileExists(atPath: folder + "/final/model.safetensors"),
            let data = FileManager.default.contents(atPath: path)
        else { return nil }
        let events = try Self.events(data, path: path)
        guard let evaluation = events.last(where: { MetricsKind(of: $0) == .eval }),
            let update = evaluation["step"]?.integer,
            let metrics = Self.metrics(of: task, in: evaluation)
        else { throw CheckpointError(path, "has no evaluation of the final model") }
        guard events.allSatisfy({ $0["step"]?.integer ?? 0 <= update }) else {
            throw CheckpointError(path, "continues after the last evaluation, at update \(update)")
        }
        self.metrics = metrics
        languages = Dictionary(
            (evaluation["languages"]?.members ?? []).compactMap { member in
                Self.metrics(of: task, in: member.value).map { (member.key, $0) }
            }, uniquingKeysWith: { $1 })
        sparsity = evaluation["sparsity"]?.double ?? 0
        let last = events.last { MetricsKind(of: $0) == .prune }
        drift = last?["iou_initial"]?.double
        mask = last?["step"]?.integer.map { "\(folder)/masks/step-\($0).safetensors" }
        cost = RunCost(events: events, unit: task.workUnit)
    }

    /// Replaces the metrics by those on test data, where the loss is unknown.
    mutating func judge(by outcomes: ExampleOutcomes, task: TaskKind) {
        metrics = Dictionary(
            uniqueKeysWithValues: task.metrics.map { ($0.name, outcomes.value(of: $0)) }
        ).filter { !$0.value.isNaN }
    }

    /// The events of a file, the last one of each kind and update: a stopped run repeats some updates.
    private static func events(_ data: Data, path: String) throws(CheckpointError) -> [JSONValue] {
        var events: [JSONValue] = []
        var places: [String: Int] = [:]
        for (index, line) in data.split(separator: 0x0A).enumerated() {
            guard let event = try? JSONValue(parsing: line), let kind = event["kind"]?.string,
                let step = event["step"]?.integer
            else {
                throw CheckpointError(path, "line \(index + 1) is not an event of a run")
            }
            if let place = places["\(kind) \(step)"] {
                events[place] = event
            } else {
                places["\(kind) \(step)"] = events.count
                events.append(event)
            }
        }
        return events
    }

    /// The metrics of an event, or of a language in it; nil if one other than the loss is missing.
    private static func metrics(of task: TaskKind, in value: JSONValue) -> [String: Double]? {
        guard task.metrics.allSatisfy({ value[$0.name]?.double != nil }) else { return nil }
        return Dictionary(
            uniqueKeysWithValues: task.choices.compactMap { metric in
                value[metric.name]?.double.map { (metric.name, $0) }
            })
    }

    /// A metric's value over all languages; NaN if there is none.
    func value(of metric: MetricSpec) -> Double { metrics[metric.name] ?? .nan }
}
