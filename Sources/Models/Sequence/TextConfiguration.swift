/// The shape of any text model.
@dynamicMemberLookup
public enum TextConfiguration: Sendable, Hashable {
    /// BERT.
    case bert(BertConfiguration)
    /// XLNet.
    case xlnet(XLNetConfiguration)

    /// The supported text models, by `model_type`.
    public enum Family: String, Sendable, CaseIterable {
        /// Devlin et al., 2019.
        case bert
        /// Yang et al., 2019.
        case xlnet
    }

    /// The model's family.
    public var family: Family {
        switch self {
        case .bert: .bert
        case .xlnet: .xlnet
        }
    }

    /// The shape common to text models.
    public var shape: TextShape {
        get {
            switch self {
            case .bert(let bert): bert.shape
            case .xlnet(let xlnet): xlnet.shape
            }
        }
        set {
            switch self {
            case .bert(var bert):
                bert.shape = newValue
                self = .bert(bert)
            case .xlnet(var xlnet):
                xlnet.shape = newValue
                self = .xlnet(xlnet)
            }
        }
    }

    /// A property of the shape.
    public subscript<Value>(dynamicMember property: WritableKeyPath<TextShape, Value>) -> Value {
        get { shape[keyPath: property] }
        set { shape[keyPath: property] = newValue }
    }

    /// The maximum number of tokens per example; nil if there is no limit.
    public var maximumTokens: Int? {
        switch self {
        case .bert(let bert): bert.maximumTokens
        case .xlnet: nil
        }
    }

    /// Rows of the segment embedding; nil if segments are only compared.
    public var segmentCount: Int? {
        switch self {
        case .bert(let bert): bert.segmentCount
        case .xlnet: nil
        }
    }

    /// Everything that is wrong or unknown, as sentences; empty if a model can be built.
    public func faults() -> [String] {
        switch self {
        case .bert(let bert): bert.faults()
        case .xlnet(let xlnet): xlnet.faults()
        }
    }
}

extension TextConfiguration: Decodable {
    private enum CodingKeys: String, CodingKey {
        case family = "model_type"
    }

    /// Reads a `config.json`; a model that is not supported is refused by its name.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        guard let name = try container.decodeIfPresent(String.self, forKey: .family) else {
            throw container.refusal(.family, "is missing; it must be \"bert\" or \"xlnet\"")
        }
        switch Family(rawValue: name) {
        case .bert: self = .bert(try BertConfiguration(from: decoder))
        case .xlnet: self = .xlnet(try XLNetConfiguration(from: decoder))
        case nil:
            let known = Family.allCases.map(\.rawValue).joined(separator: " and ")
            throw container.refusal(
                .family,
                "\"\(name)\" is not a text model that parp reads; it reads \(known)"
                    + (Self.otherArchitectures[name].map { " (\($0))" } ?? ""))
        }
    }

    /// Why similar-looking models are not supported.
    private static let otherArchitectures = [
        "roberta": "RoBERTa counts positions from 2 and cuts text into bytes",
        "xlm-roberta": "XLM-RoBERTa counts positions from 2",
        "camembert": "CamemBERT counts positions from 2",
        "distilbert": "DistilBERT has no segments and no pooler",
        "mpnet": "MPNet's attention has relative position buckets",
        "albert": "ALBERT's blocks share one set of weights",
        "electra": "ELECTRA's head has another activation, and its embeddings may be narrower",
        "deberta": "DeBERTa's attention disentangles positions",
        "deberta-v2": "DeBERTa's attention disentangles positions",
        "modernbert": "ModernBERT's positions rotate, and its blocks normalise first",
        "nomic_bert": "its positions rotate",
        "wav2vec2": "it is a speech model: use `parp transcribe`",
        "hubert": "it is a speech model: use `parp transcribe`",
    ]
}
