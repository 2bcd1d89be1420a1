package import Pruning
package import Recipe
package import Tensors

/// The facts to which `FittedRecipe` fits a recipe.
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
        /// Its seconds of audio; 0 for texts.
        package var seconds: Double
        /// Seconds of the longest utterance.
        package var longestSeconds: Double
        /// Items of the corpus to evaluate on.
        package var validItems: Int
        package var isSpelledInPhones = false
        /// Settings of `[data]` without which transcripts contain characters outside the vocabulary.
        package var remedy: [(key: String, value: String)] = []
        /// The 99th percentile of tokens per example; 0 for speech.
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
        /// The threshold of a mask with the requested sparsity; nil without weights.
        package var threshold: Float?

        package init(path: String, weights: Int, threshold: Float? = nil) {
            (self.path, self.weights, self.threshold) = (path, weights, threshold)
        }
    }

    /// The machine to run on.
    package struct Machine: Sendable {
        /// Ranks, and ranks per node.
        package var ranks: Int
        package var ranksPerNode: Int
        /// Bytes of memory of a node.
        package var memoryBytes: Int
        /// Operations per second of one rank's products, by precision.
        package var speeds: [GEMMPrecision: Double]

        package init(ranks: Int, ranksPerNode: Int, memoryBytes: Int, speeds: [GEMMPrecision: Double] = [:]) {
            (self.ranks, self.ranksPerNode) = (ranks, ranksPerNode)
            (self.memoryBytes, self.speeds) = (memoryBytes, speeds)
        }
    }
}

/// The user's wishes for a fitted recipe.
package struct FittingWishes: Sendable {
    package var method: ComparedMethod
    package var sparsity: Double
    /// Hours that the run may take.
    package var hours: Double

    package init(method: ComparedMethod = .parp, sparsity: Double = 0.5, hours: Double = 12) {
        (self.method, self.sparsity, self.hours) = (method, sparsity, hours)
    }
}
