internal import ArgumentParser

/// The user's choice whether a model's biases are in its pool: `--with-biases` or `--without-biases`.
enum BiasChoice: String, EnumerableFlag {
    case withBiases
    case withoutBiases

    /// The choice as a truth value.
    var includesBiases: Bool { self == .withBiases }

    static func help(for value: BiasChoice) -> ArgumentHelp? {
        switch value {
        case .withBiases: "Count a model's biases too; the default for speech models."
        case .withoutBiases: "Leave a model's biases out; the default for text models."
        }
    }
}
