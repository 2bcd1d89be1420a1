/// What is wrong with a configuration, gathered while it is checked.
struct ConfigurationFaults {
    /// One sentence a fault.
    private(set) var sentences: [String] = []

    mutating func require(_ condition: Bool, _ sentence: @autoclosure () -> String) {
        if !condition { sentences.append(sentence()) }
    }

    /// An extent must be from 1 to a limit.
    mutating func bound(_ name: String, _ value: Int, by limit: Int) {
        require((1...limit).contains(value), "\(name) is \(value); it must be from 1 to \(limit)")
    }

    /// A dropout rate must be from 0 to below 1.
    mutating func rate(_ name: String, _ value: Float) {
        require(value >= 0 && value < 1, "\(name) is \(value); it must be from 0 to below 1")
    }
}

/// How many labels a `config.json` names: transformers writes `id2label` where they are not two.
struct LabelCount: Decodable {
    let count: Int?

    enum CodingKeys: String, CodingKey {
        case names = "id2label"
        case number = "num_labels"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let names = try container.decodeIfPresent([String: String].self, forKey: .names) {
            count = names.count
        } else {
            count = try container.decodeIfPresent(Int.self, forKey: .number)
        }
    }
}
