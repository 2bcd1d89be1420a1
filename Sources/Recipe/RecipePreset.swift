package import Models

/// A recipe that comes with the program under a name: the authors' PARP run of a model on some amount of
/// speech.
///
/// `cluster/recipes` has the same as files, with the authors' other runs in their head comments; a test
/// compares them.
package struct RecipePreset: Sendable {
    /// Its name: `base-1h`.
    package let name: String
    /// The shape of the model that it trains.
    package let shape: ModelPreset
    /// Hours of speech that it trains on.
    package let hours: Double
    private let changes: [String]

    private init(
        _ name: String, _ shape: ModelPreset, hours: Double, model: String,
        data: (train: String, valid: String),
        _ changes: [String]
    ) {
        self.name = name
        self.shape = shape
        self.hours = hours
        self.changes =
            ["model.path=models/\(model)", "data.train=data/\(data.train)", "data.valid=data/\(data.valid)"]
            + changes
    }

    /// The preset with a name, which may be its file's.
    package static func named(_ name: String) -> RecipePreset? {
        var stem = name[...]
        if let slash = stem.lastIndex(of: "/") { stem = stem[stem.index(after: slash)...] }
        if stem.hasSuffix(".toml") { stem = stem.dropLast(5) }
        return all.first { $0.name == stem }
    }

    /// The recipe, with changes from the command line.
    package func recipe(overrides: [String] = []) throws(RecipeError) -> Recipe {
        try Recipe(text: "", overrides: changes + overrides, path: name)
    }

    /// All presets.
    package static let all: [RecipePreset] = [
        base("10min", hours: 1 / 6, updates: 12000, interval: 50, masks: (0.75, 0.512)),
        base("1h", hours: 1, updates: 15000, interval: 150, masks: (0.75, 0.256)),
        base("10h", hours: 10, updates: 20000, interval: 125, masks: (0.65, 0.256)),
        large("10min", hours: 1 / 6, rate: "5e-5", updates: 12000, interval: 20, masks: (0.75, 0.512)),
        large("1h", hours: 1, rate: "5e-5", updates: 15000, interval: 30, masks: (0.75, 0.256)),
        large("10h", hours: 10, rate: "1e-4", updates: 12000, interval: 59, masks: (0.65, 0.256)),
        xlsr("language", of: "es", hours: 1, interval: 15),
        xlsr("joint", of: "all", hours: 10, interval: 113),
    ]

    private static func base(
        _ amount: String, hours: Double, updates: Int, interval: Int, masks: (time: Double, channel: Double)
    ) -> RecipePreset {
        RecipePreset(
            "base-\(amount)", .base, hours: hours, model: "wav2vec2-base", data: libriSpeech(amount),
            ["schedule.updates=\(updates)", "pruning.interval=\(interval)"] + changes(masks))
    }

    private static func large(
        _ amount: String, hours: Double, rate: String, updates: Int, interval: Int,
        masks: (time: Double, channel: Double)
    ) -> RecipePreset {
        RecipePreset(
            "large-\(amount)", .large, hours: hours, model: "wav2vec2-large", data: libriSpeech(amount),
            [
                "data.batch_seconds=750.0", "data.rank_seconds=50.0", "optimizer.learning_rate=\(rate)",
                "schedule.updates=\(updates)", "pruning.interval=\(interval)",
                "regularization.layer_drop=0.1",
            ] + changes(masks))
    }

    private static func xlsr(
        _ name: String, of corpus: String, hours: Double, interval: Int
    ) -> RecipePreset {
        let folder = "common-voice/\(corpus)"
        return RecipePreset(
            "xlsr53-\(name)", .xlsr53, hours: hours, model: "wav2vec2-xlsr-53",
            data: ("\(folder)/train.jsonl", "\(folder)/valid.jsonl"),
            [
                "data.labels=phones", "data.rank_seconds=50.0", "optimizer.learning_rate=1e-4",
                "pruning.interval=\(interval)", "regularization.layer_drop=0.1",
            ] + changes((0.75, 0.256)))
    }

    private static func libriSpeech(_ amount: String) -> (train: String, valid: String) {
        ("librispeech/train-\(amount).jsonl", "librispeech/dev-other.jsonl")
    }

    private static func changes(_ masks: (time: Double, channel: Double)) -> [String] {
        [
            "augmentation.time_mask_probability=\(masks.time)",
            "augmentation.channel_mask_probability=\(masks.channel)",
        ]
    }
}

extension Recipe {
    /// Reads a recipe file, or uses the preset of that name if there is no such file.
    package init(
        pathOrPreset path: String, overrides: [String], task: TaskKind?
    ) throws(RecipeError) {
        if !isFile(path), !path.contains("/"), task != .pretrain, let preset = RecipePreset.named(path) {
            self = try preset.recipe(overrides: overrides)
        } else {
            try self.init(path: path, overrides: overrides, task: task)
        }
    }
}
