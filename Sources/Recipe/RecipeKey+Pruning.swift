extension RecipeKey {
    /// What is pruned, when and how; the method sets the axes that a recipe leaves to `auto`.
    static let pruningKeys = maskKeys + axisKeys

    private static let maskKeys: [RecipeKey] = [
        key(
            "method", \.pruning.method,
            "The pruning method: presets of the keys from `schedule` to `regrowth`, as in their papers "
                + "(pruning.md). `mpi` keeps the mask of the pre-trained magnitudes (nothing to do with message "
                + "passing), `rp` a random one, `omp` and `imp` that of an earlier run; with these four, what is "
                + "pruned stays 0."),
        key(
            "sparsity", \.pruning.sparsity, "The final share of zeros in the pool.",
            must: "be from 0 to 1, e.g. 0.5"
        ) { isShare($0) },
        key(
            "interval", \.pruning.interval,
            "Updates or epochs between masks; 0 prunes only at the start and the end. `auto` is a twentieth of "
                + "the run for `parp` and `parp-p`, at most 50 updates, else a hundredth of it; in epochs, one.",
            must: "be 0 or more"
        ) { $0.isAutomatic { $0 >= 0 } },
        key(
            "interval_unit", \.pruning.intervalUnit, "What `interval` counts."),
        key(
            "initial_mask", \.pruning.initialMask,
            "The first mask: that of the weights' magnitudes, a random one, that of a randomly initialised "
                + "model's magnitudes, or a file's, for example of an OMP run on another language. `auto` is `magnitude`, "
                + "for `rp` it is `random`."),
        key(
            "start_sparsity", \.pruning.startSparsity,
            "The sparsity at the start of a rising schedule. `auto` is 0.3 for `parp-p`, else 0.",
            must: "be from 0 to 1"
        ) { $0.isAutomatic(or: isShare) },
        key(
            "scope", \.pruning.scope,
            "What is ranked together: the whole pool, or each Transformer block or parameter separately."),
        key(
            "include_biases", \.pruning.includeBiases,
            "Whether biases are in the pool, as in the authors' code."),
        key(
            "include_pooler", \.pruning.includePooler,
            "Whether the projection before the classifier is in the pool, as in BERT-Tickets; where its weights are "
                + "small, it is pruned away first.", of: TaskKind.text),
        key(
            "include_embeddings", \.pruning.includeEmbeddings,
            "Whether the embeddings of tokens, positions and segments are in the pool.", of: TaskKind.text),
        key(
            "include_relative", \.pruning.includeRelativePositions,
            "Whether XLNet's projection of relative positions is in the pool.", of: TaskKind.text),
    ]

    private static let axisKeys: [RecipeKey] = [
        key(
            "schedule", \.pruning.schedule,
            "How the sparsity rises: not at all, in equal steps, or fast at first and slowly at the end."),
        key(
            "begin", \.pruning.begin,
            "The share of the run up to which the sparsity stays at its start value.", must: "be from 0 to 1"
        ) { $0.isAutomatic(or: isShare) },
        key(
            "end", \.pruning.end, "The share of the run after which the sparsity has its final value.",
            must: "be from 0 to 1"
        ) { $0.isAutomatic(or: isShare) },
        key(
            "score", \.pruning.score,
            "How weights are scored: by magnitude, by movement from or towards 0, by both, by magnitude for what is "
                + "dropped and by gradient for what is regrown, or by trained scores."),
        key(
            "forward", \.pruning.forward,
            "What pruned weights do between masks: train densely like all others, masked with values that go on "
                + "learning, masked with frozen values, or held at 0."),
        key(
            "hold_from", \.pruning.holdFrom,
            "The share of the run after which the mask is fixed and pruned weights are held at 0; 1 is the end.",
            must: "be from 0 to 1"
        ) { $0.isAutomatic(or: isShare) },
        key(
            "train_weights", \.pruning.trainWeights,
            "Whether the model's weights are trained besides trained scores; if not, only the head is."),
        key(
            "score_learning_rate", \.pruning.scoreLearningRate,
            "The peak learning rate of trained scores; `auto` is that of the weights.",
            must: "be from 0 to 1"
        ) { $0.isAutomatic(or: isShare) },
        key(
            "regrowth", \.pruning.regrowth,
            "For score `gradient`: the share of kept weights that the first mask replaces; it falls to 0 until "
                + "`hold_from` (RigL's alpha).",
            must: "be from 0 to 1"
        ) { isShare($0) },
    ]

    private static func key<Value: RecipeConvertible>(
        _ name: String, _ field: any WritableKeyPath<Recipe, Value> & Sendable, _ meaning: String,
        of tasks: Set<TaskKind> = TaskKind.fineTuning, must rule: String = "",
        when isValid: @escaping @Sendable (Value) -> Bool = { _ in true }
    ) -> RecipeKey {
        RecipeKey("pruning", name, field, meaning, of: tasks, must: rule, when: isValid)
    }

    private static func isShare(_ number: Double) -> Bool { (0...1).contains(number) }
}
