package import Batching
package import Models
package import Text

/// Labelled texts as a model reads them: tokenized, with a target for each.
package struct TextDataset: Sendable {
    /// The targets of the examples.
    package enum Targets: Sendable {
        /// Classes.
        case classes([Int])
        /// Numbers.
        case values([Float])
        /// No labels.
        case none
    }

    /// The examples, in file order.
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
        // A repeated name would give two examples the same random numbers.
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
    /// The examples' indices in the dataset.
    package let items: [Int]
    /// Their tokens.
    package let batch: TokenBatch
    /// The target of each.
    package let targets: TextDataset.Targets
    /// Each example's identity for counted random numbers.
    package let identities: [UInt64]
    /// Whether the first logit is to be NaN, for `--inject`: tokens cannot be.
    var isSpoiled = false
}
