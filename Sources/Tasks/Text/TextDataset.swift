package import Batching
package import Models
package import Text

/// Labelled texts as a model reads them: cut into tokens, with what it is to say of each.
package struct TextDataset: Sendable {
    /// What a model is to say of each example.
    package enum Targets: Sendable {
        /// Classes.
        case classes([Int])
        /// Numbers.
        case values([Float])
        /// Nothing is known.
        case none
    }

    /// The examples, as they lie in their file.
    package let examples: [TextExample]
    /// The tokens of each, special ones included, and their segments.
    package let encoded: [EncodedText]
    package let targets: Targets
    /// The examples as batches are planned: by tokens.
    package let items: [BatchItem]

    /// Examples with their tokens.
    package init(examples: [TextExample], encoded: [EncodedText], targets: Targets) {
        self.examples = examples
        self.encoded = encoded
        self.targets = targets
        // A name that stands twice would make two examples one to counted randomness.
        let areNames = Set(examples.map(\.id)).count == examples.count
        items = examples.indices.map {
            BatchItem(
                id: areNames ? examples[$0].id : "\($0)", cost: Double(encoded[$0].ids.count))
        }
    }

    /// Tokens of all examples.
    package var totalTokens: Int { encoded.reduce(0) { $0 + $1.ids.count } }

    /// The examples of a micro-batch, packed.
    package func load(_ items: [Int]) -> TextMicroBatch {
        let targets: Targets =
            switch targets {
            case .classes(let classes): .classes(items.map { classes[$0] })
            case .values(let values): .values(items.map { values[$0] })
            case .none: .none
            }
        return TextMicroBatch(
            items: items, batch: TokenBatch(items.map { (encoded[$0].ids, encoded[$0].types) }),
            targets: targets, identities: items.map { self.items[$0].identity })
    }
}

/// A few examples in memory.
package struct TextMicroBatch: Sendable {
    /// The examples' places in the dataset.
    package let items: [Int]
    /// Their tokens.
    package let batch: TokenBatch
    /// What the model is to say of each.
    package let targets: TextDataset.Targets
    /// What counted randomness knows each example by.
    package let identities: [UInt64]
    /// Whether the first logit is to be no number, for `--inject`: tokens cannot be.
    var isSpoiled = false
}
