internal import ArgumentParser

/// Whether a model's biases are in its pool, where the user says so: `--with-biases` or `--without-biases`.
enum BiasChoice: String, EnumerableFlag {
    case withBiases
    case withoutBiases

    /// The choice as a truth value.
    var includesBiases: Bool { self == .withBiases }

    static func help(for value: BiasChoice) -> ArgumentHelp? {
        switch value {
        case .withBiases: "Count a model's biases, too; of speech they are counted by default."
        case .withoutBiases: "Leave a model's biases out; of text they are left out by default."
        }
    }
}
