public import JSON

/// How audio is prepared: `preprocessor_config.json`, or `processor_config.json`, which transformers 5 writes alone.
public struct PreprocessorConfig: Sendable, Equatable {
    /// Whether each waveform is brought to zero mean and unit variance.
    public var normalizes = true
    /// Samples a second.
    public var samplingRate = 16000
    /// Whether transformers masks padding; false for models with group norm.
    public var returnsAttentionMask = false
    /// The feature extractor as it was read, with keys that mean nothing here.
    private var stated: JSONValue?
    /// `processor_config.json` as it was read.
    private var processor: JSONValue?

    /// Whether audio is prepared alike; keys that mean nothing here do not count.
    public static func == (a: PreprocessorConfig, b: PreprocessorConfig) -> Bool {
        a.normalizes == b.normalizes && a.samplingRate == b.samplingRate
            && a.returnsAttentionMask == b.returnsAttentionMask
    }

    /// Samples a second that a model may take.
    private static let samplingRates = 1_000...1_000_000

    /// transformers' defaults.
    public init() {}

    /// What the files state, transformers' defaults elsewhere.
    ///
    /// As there, what lies in `processor_config.json` comes first.
    ///
    /// - Throws: `CheckpointError` if a key has a value of another type, or a rate that cannot be.
    init(_ file: StatedKeys, processor: StatedKeys) throws(CheckpointError) {
        let nested = (try processor.part("feature_extractor"), try processor.part("audio_processor"))
        let keys = nested.0 ?? nested.1 ?? file
        normalizes = try keys.boolean("do_normalize") ?? true
        samplingRate = try keys.integer("sampling_rate") ?? 16000
        returnsAttentionMask = try keys.boolean("return_attention_mask") ?? false
        guard Self.samplingRates.contains(samplingRate) else {
            throw keys.fault("sampling_rate", .integer(samplingRate), "from 1000 to 1000000")
        }
        stated = keys.value
        self.processor = processor.value
    }

    /// The files and their content: the old one, which every version of transformers reads, and the new one where the
    /// model had it.
    var files: [(String, JSONValue)] {
        let old = [("preprocessor_config.json", json)]
        guard var processor else { return old }
        for key in ["feature_extractor", "audio_processor"] where processor[key] != nil {
            processor[key] = json
        }
        return old + [("processor_config.json", processor.withoutLanguageModel)]
    }

    /// What `preprocessor_config.json` is to hold.
    var json: JSONValue {
        var json =
            stated
            ?? .object([
                .init("do_normalize", .boolean(normalizes)),
                .init("feature_extractor_type", .string("Wav2Vec2FeatureExtractor")),
                .init("feature_size", .integer(1)),
                .init("padding_side", .string("right")),
                .init("padding_value", .number(0)),
            ])
        json["do_normalize"] = .boolean(normalizes)
        json["return_attention_mask"] = .boolean(returnsAttentionMask)
        json["sampling_rate"] = .integer(samplingRate)
        return json.withoutLanguageModel
    }
}

extension JSONValue {
    /// The same of a processor without a language model, whose files are not written again.
    var withoutLanguageModel: JSONValue {
        guard self["processor_class"]?.string == "Wav2Vec2ProcessorWithLM" else { return self }
        var json = self
        json["processor_class"] = .string("Wav2Vec2Processor")
        return json
    }
}
