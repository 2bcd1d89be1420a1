internal import Batching
internal import Checkpoints
internal import Foundation
internal import JSON
internal import Recipe
internal import Reports
internal import Tasks
internal import Training

/// What a finished run left: how well its final model does, its mask, and what it took.
struct RunRecord: Sendable {
    /// Errors of recognition.
    struct Errors: Sendable, Equatable {
        /// In words, or phones.
        var words: Double
        /// In characters.
        var characters: Double
        /// The mean loss in nats an utterance; nil of a language.
        var loss: Double?
    }

    /// The final model's, on the validation set.
    let errors: Errors
    /// The same for each language, where there are several.
    let languages: [String: Errors]
    /// The share of the pool that is zero in the final model, counted.
    let sparsity: Double
    /// IOU of the final mask with the first.
    let drift: Double?
    let cost: RunCost
    /// The file of the final mask, where there is one.
    let mask: String?

    /// The record of a run directory, or nil if its run is not finished.
    init?(folder: String) throws(CheckpointError) {
        let path = folder + "/metrics.jsonl"
        guard FileManager.default.fileExists(atPath: folder + "/final/model.safetensors"),
            let data = FileManager.default.contents(atPath: path)
        else { return nil }
        let events = try Self.events(data, path: path)
        guard let evaluation = events.last(where: { $0["kind"]?.string == "eval" }),
            let update = evaluation["step"]?.integer, let errors = Errors(evaluation)
        else { throw CheckpointError(path, "has no evaluation of the final model") }
        guard events.allSatisfy({ $0["step"]?.integer ?? 0 <= update }) else {
            throw CheckpointError(path, "goes on after the last evaluation, at update \(update)")
        }
        self.errors = errors
        languages = Dictionary(
            (evaluation["languages"]?.members ?? []).compactMap { member in
                Errors(member.value).map { (member.key, $0) }
            }, uniquingKeysWith: { $1 })
        sparsity = evaluation["sparsity"]?.double ?? 0
        let last = events.last { $0["kind"]?.string == "prune" }
        drift = last?["iou_initial"]?.double
        mask = last?["step"]?.integer.map { "\(folder)/masks/step-\($0).safetensors" }
        cost = RunCost(events: events)
    }

    /// The events of a file, of each kind and update the last: a run that was stopped does some updates again.
    private static func events(_ data: Data, path: String) throws(CheckpointError) -> [JSONValue] {
        var events: [JSONValue] = []
        var places: [String: Int] = [:]
        for (index, line) in data.split(separator: 0x0A).enumerated() {
            guard let event = try? JSONValue(parsing: line), let kind = event["kind"]?.string,
                let step = event["step"]?.integer
            else {
                throw CheckpointError(path, "line \(index + 1) is no event of a run")
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
}

extension RunRecord.Errors {
    /// The errors of an event or of a language in it.
    fileprivate init?(_ value: JSONValue) {
        guard let words = value["wer"]?.double, let characters = value["cer"]?.double else { return nil }
        self.init(words: words, characters: characters, loss: value["loss"]?.double)
    }

    /// The number that runs are compared by: `wer`, `cer` or `loss`.
    func value(_ metric: String) -> Double {
        switch metric {
        case "cer": characters
        case "loss": loss ?? .nan
        default: words
        }
    }
}
