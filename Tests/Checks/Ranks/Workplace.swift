internal import Commands
internal import Foundation
internal import JSON
internal import Models
internal import Preflight
internal import Recipe
internal import Session
internal import TestSupport

/// The folder in which the checks work: a tiny model, a small corpus, a recipe, and what each run left.
struct Workplace {
    let folder: String

    /// Seconds of the utterances: some fill a micro-batch alone, of others several share one.
    private static let durations = [0.4, 2.4, 0.6, 1.1, 1.8, 0.5, 2.9, 0.8, 1.4, 0.7, 2.1, 0.9]

    var recipe: String { folder + "/recipe.toml" }
    /// A manifest of fewer utterances than there are ranks.
    var oneUtterance: String { folder + "/one.jsonl" }
    /// The lines of a stage's checks.
    func report(_ stage: String) -> String { "\(folder)/\(stage).report" }
    /// The run directory of a run at a number of ranks.
    func run(_ name: String, ranks: Int) -> String { "\(folder)/ranks-\(ranks)/\(name)" }

    /// Makes the model, the corpus and the recipe.
    func prepare(_ session: Session) throws {
        try writeRandomModel(.tiny, to: folder + "/model")
        var lines: [String] = []
        for (index, seconds) in Self.durations.enumerated() {
            try writeWaveform(index, seconds: seconds)
            let text = String("SEA SHELLS ON THE SHORE".prefix(max(1, Int(seconds * 5))))
                .trimmingCharacters(in: .whitespaces)
            lines.append(
                "{\"audio_filepath\": \"\(index).wav\", \"duration\": \(seconds), \"text\": \"\(text)\"}")
        }
        try write(lines.joined(separator: "\n") + "\n", to: "train.jsonl")
        try write(lines[4] + "\n", to: "one.jsonl")
        try write(Self.recipeText(folder), to: "recipe.toml")
    }

    private func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }

    /// Everything that is random is on; alone, a rank has several micro-batches an update, and many buckets.
    private static func recipeText(_ folder: String) -> String {
        """
        [model]
        path = "\(folder)/model"
        [data]
        train = "\(folder)/train.jsonl"
        valid = "\(folder)/train.jsonl"
        batch_seconds = 4.5
        rank_seconds = 2.0
        cache_directory = "\(folder)/features"
        [optimizer]
        learning_rate = 2e-3
        [schedule]
        kind = "constant"
        updates = 20
        [pruning]
        sparsity = 0.5
        interval = 5
        [regularization]
        layer_drop = 0.2
        feature_dropout = 0.1
        hidden_dropout = 0.1
        attention_dropout = 0.1
        activation_dropout = 0.1
        final_dropout = 0.1
        [augmentation]
        time_mask_probability = 0.5
        time_mask_length = 4
        channel_mask_probability = 0.25
        channel_mask_length = 16
        [distributed]
        bucket_megabytes = 0.5
        [checkpoint]
        every_updates = 0
        [evaluation]
        every_updates = 0

        """
    }

    /// A tone that swells and fades, another for each utterance.
    private func writeWaveform(_ index: Int, seconds: Double) throws {
        let carrier = tone(180 + 40 * Double(index), seconds: seconds)
        let samples = carrier.enumerated().map { $0.element * (1 - cos(Float($0.offset) / 700)) / 2 }
        try Data(waveFile([samples])).write(to: URL(fileURLWithPath: "\(folder)/\(index).wav"))
    }
}

/// The events of a run's `metrics.jsonl` of one kind.
func events(_ kind: String, in run: String) throws -> [JSONValue] {
    let data = try Data(contentsOf: URL(fileURLWithPath: run + "/metrics.jsonl"))
    return try data.split(separator: 0x0A).map { try JSONValue(parsing: $0) }
        .filter { $0["kind"]?.string == kind }
}

extension JSONValue {
    /// A number, whole or not.
    var double: Double? {
        switch self {
        case .integer(let integer): Double(integer)
        case .number(let number): number
        default: nil
        }
    }
}
