/// The objective of pre-training and its quantiser, as `config.json` states them; unstated keys have
/// transformers' defaults.
public struct PretrainingConfiguration: Sendable, Hashable {
    /// Codebooks; each gives a part of a codevector.
    public var codebookGroups = 2
    /// Entries of each codebook.
    public var codebookEntries = 320
    /// Columns of a codevector, all groups side by side.
    public var codevectorSize = 256
    /// Columns in which predictions and codevectors are compared.
    public var projectionSize = 256
    /// Distractors of each masked frame.
    public var negatives = 100
    /// The divisor of cosines.
    public var contrastiveTemperature: Float = 0.1
    /// Weight of the diversity loss.
    public var diversityWeight: Float = 0.1
    /// Weight of the mean square of the feature encoder's output; fairseq pre-trains base with 10.
    public var featurePenaltyWeight: Float = 0
    /// The factor of the gradient that enters the feature encoder.
    ///
    /// fairseq's `feature_grad_mult`, 0.1 for pre-training base. With 0 the feature encoder is frozen.
    public var featureGradientScale: Float = 1
    /// Dropout probability of the quantiser's input.
    public var quantizerDropout: Float = 0

    /// transformers' defaults, for base.
    public init() {}

    /// Everything that is wrong, as sentences; empty if a model can be built.
    public func faults() -> [String] {
        var faults = ConfigurationFaults()
        faults.bound("num_codevector_groups", codebookGroups, by: 64)
        faults.bound("num_codevectors_per_group", codebookEntries, by: 65_536)
        faults.bound("codevector_dim", codevectorSize, by: 16_384)
        faults.bound("proj_codevector_dim", projectionSize, by: 16_384)
        faults.bound("num_negatives", negatives, by: 10_000)
        faults.multiple("codevector_dim", codevectorSize, of: "num_codevector_groups", codebookGroups)
        faults.require(
            contrastiveTemperature > 0 && contrastiveTemperature.isFinite,
            "contrastive_logits_temperature is \(contrastiveTemperature); it must be above 0")
        faults.rate("feat_quantizer_dropout", quantizerDropout)
        let weights: [(String, Float)] = [
            ("diversity_loss_weight", diversityWeight),
            ("the feature penalty's weight", featurePenaltyWeight),
            ("the scale of the feature encoder's gradient", featureGradientScale),
        ]
        for (name, value) in weights {
            faults.require(value >= 0 && value.isFinite, "\(name) is \(value); it must be 0 or above")
        }
        return faults.sentences
    }
}

extension PretrainingConfiguration: Decodable {
    enum CodingKeys: String, CodingKey {
        case codebookGroups = "num_codevector_groups"
        case codebookEntries = "num_codevectors_per_group"
        case codevectorSize = "codevector_dim"
        case projectionSize = "proj_codevector_dim"
        case negatives = "num_negatives"
        case contrastiveTemperature = "contrastive_logits_temperature"
        case diversityWeight = "diversity_loss_weight"
        case quantizerDropout = "feat_quantizer_dropout"
    }

    /// Reads a `config.json`; a missing or null key keeps transformers' default.
    ///
    /// The feature penalty and the scale of gradients exist only in fairseq and are not in this file.
    public init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try container.read(.codebookGroups, into: &codebookGroups)
        try container.read(.codebookEntries, into: &codebookEntries)
        try container.read(.codevectorSize, into: &codevectorSize)
        try container.read(.projectionSize, into: &projectionSize)
        try container.read(.negatives, into: &negatives)
        try container.read(.contrastiveTemperature, into: &contrastiveTemperature)
        try container.read(.diversityWeight, into: &diversityWeight)
        try container.read(.quantizerDropout, into: &quantizerDropout)
    }
}

extension ModelPreset {
    /// The preset's quantiser; the weights of the objective are transformers' defaults in all of them.
    public var objective: PretrainingConfiguration {
        var objective = PretrainingConfiguration()
        switch self {
        case .base: break
        case .tiny, .small:
            objective.codebookEntries = 64
            objective.codevectorSize = 128
            objective.projectionSize = 128
        case .large, .xlsr53:
            objective.codevectorSize = 768
            objective.projectionSize = 768
        }
        return objective
    }
}
