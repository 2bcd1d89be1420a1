package import Recipe
package import Tensors

/// What a recipe is fitted to: facts only, which `FittedRecipe` makes numbers of.
package struct FittingFacts: Sendable {
    /// What is trained.
    package var task: TaskKind
    package var corpus: Corpus
    package var model: Model
    package var machine: Machine

    package init(task: TaskKind, corpus: Corpus, model: Model, machine: Machine) {
        (self.task, self.corpus, self.model, self.machine) = (task, corpus, model, machine)
    }

    /// The corpus to train on, and the one to evaluate on.
    package struct Corpus: Sendable {
        package var train: String
        package var valid: String
        /// Utterances or examples of the first.
        package var items: Int
        /// Seconds of audio of it; 0 of texts.
        package var seconds: Double
        /// Seconds of the longest utterance.
        package var longestSeconds: Double
        /// Items of the corpus to evaluate on.
        package var validItems: Int
        package var isSpelledInPhones = false
        /// Settings of `[data]` without which transcripts hold characters that the vocabulary lacks.
        package var remedy: [(key: String, value: String)] = []
        /// Tokens of an example that 99 % of all keep to; 0 of speech.
        package var longTokens = 0

        package init(
            train: String, valid: String, items: Int, seconds: Double = 0, longestSeconds: Double = 0,
            validItems: Int
        ) {
            (self.train, self.valid, self.items, self.seconds) = (train, valid, items, seconds)
            (self.longestSeconds, self.validItems) = (longestSeconds, validItems)
        }
    }

    /// The model to start from.
    package struct Model: Sendable {
        package var path: String
        /// All weights.
        package var weights: Int
        /// The magnitude below which a mask of the wanted sparsity prunes; nil where the weights are not there.
        package var threshold: Float?

        package init(path: String, weights: Int, threshold: Float? = nil) {
            (self.path, self.weights, self.threshold) = (path, weights, threshold)
        }
    }

    /// What it is to run on.
    package struct Machine: Sendable {
        /// Ranks, and those of a node.
        package var ranks: Int
        package var ranksPerNode: Int
        /// Bytes of memory of a node.
        package var memoryBytes: Int
        /// Operations a second of one rank's products, by precision.
        package var speeds: [GEMMPrecision: Double]

        package init(ranks: Int, ranksPerNode: Int, memoryBytes: Int, speeds: [GEMMPrecision: Double] = [:]) {
            (self.ranks, self.ranksPerNode) = (ranks, ranksPerNode)
            (self.memoryBytes, self.speeds) = (memoryBytes, speeds)
        }
    }
}

/// What the user asks of a fitted recipe.
package struct FittingWishes: Sendable {
    package var method: String
    package var sparsity: Double
    /// Hours that the run may take.
    package var hours: Double

    package init(method: String = "parp", sparsity: Double = 0.5, hours: Double = 12) {
        (self.method, self.sparsity, self.hours) = (method, sparsity, hours)
    }
}
