/// The faults of a configuration, collected while it is checked.
struct ConfigurationFaults {
    /// One sentence per fault.
    private(set) var sentences: [String] = []

    mutating func require(_ condition: Bool, _ sentence: @autoclosure () -> String) {
        if !condition { sentences.append(sentence()) }
    }

    /// A size must be from 1 to a limit.
    mutating func bound(_ name: String, _ value: Int, by limit: Int) {
        require((1...limit).contains(value), "\(name) is \(value); it must be from 1 to \(limit)")
    }

    /// Channels must be divisible.
    mutating func multiple(_ name: String, _ value: Int, of divisorName: String, _ divisor: Int) {
        require(
            divisor < 1 || value % divisor == 0,
            "\(name) \(value) is not a multiple of \(divisorName) \(divisor)")
    }

    /// An epsilon must be above 0 and below 1.
    mutating func epsilon(_ name: String, _ value: Float) {
        require(value > 0 && value < 1, "\(name) is \(value)")
    }

    /// A dropout rate must be from 0 to below 1.
    mutating func rate(_ name: String, _ value: Float) {
        require(value >= 0 && value < 1, "\(name) is \(value); it must be from 0 to below 1")
    }
}

extension KeyedDecodingContainer {
    /// Reads a key into a value; a missing or null key leaves it unchanged.
    func read<Value: Decodable>(_ key: Key, into value: inout Value) throws {
        if let found = try decodeIfPresent(Value.self, forKey: key) { value = found }
    }

    /// Refuses an option of an unsupported network.
    func refusal(_ key: Key, _ sentence: String) -> DecodingError {
        .dataCorruptedError(forKey: key, in: self, debugDescription: sentence)
    }
}
