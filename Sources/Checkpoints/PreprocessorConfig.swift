internal import JSON

/// Audio preprocessing: `preprocessor_config.json`, or `processor_config.json`, the only one that
/// transformers 5 writes.
public struct PreprocessorConfig: Sendable, Equatable {
    /// Whether each waveform is normalised to zero mean and unit variance.
    public var normalizes = true
    /// The sample rate in Hz.
    public var samplingRate = 16000
    /// Whether transformers masks padding; false for models with group norm.
    public var returnsAttentionMask = false
    /// The feature extractor as read, including unused keys.
    private var stated: JSONValue?
    /// `processor_config.json` as read.
    private var processor: JSONValue?

    /// Whether preprocessing is the same, ignoring unused keys.
    public static func == (a: PreprocessorConfig, b: PreprocessorConfig) -> Bool {
        a.normalizes == b.normalizes && a.samplingRate == b.samplingRate
            && a.returnsAttentionMask == b.returnsAttentionMask
    }

    /// The allowed sample rates in Hz.
    private static let samplingRates = 1_000...1_000_000

    /// transformers' defaults.
    public init() {}

    /// The files' settings, with transformers' defaults.
    ///
    /// As there, `processor_config.json` has precedence.
    ///
    /// - Throws: `CheckpointError` if a value has the wrong type, or the rate is impossible.
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

    /// The files and their content: the old one, read by every version of transformers, and the new one if
    /// the model had it.
    var files: [(String, JSONValue)] {
        let old = [("preprocessor_config.json", json)]
        guard var processor else { return old }
        for key in ["feature_extractor", "audio_processor"] where processor[key] != nil {
            processor[key] = json
        }
        return old + [("processor_config.json", processor.withoutLanguageModel)]
    }

    /// The content of `preprocessor_config.json`.
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
    /// The same for a processor without a language model, whose files are not copied.
    var withoutLanguageModel: JSONValue {
        guard self["processor_class"]?.string == "Wav2Vec2ProcessorWithLM" else { return self }
        var json = self
        json["processor_class"] = .string("Wav2Vec2Processor")
        return json
    }
}
