extension RecipeKey {
    /// All keys, in the order in which recipes are written.
    package static let all: [RecipeKey] =
        modelKeys + dataKeys + optimizerKeys + pruningKeys + pretrainingKeys + noiseKeys + runKeys
        + decodingKeys + reliabilityKeys

    private static let modelKeys: [RecipeKey] = [
        RecipeKey(
            "", "task", \.task,
            "What is trained: speech recognition (ctc), speech without transcripts (pretrain), text classification (classify) "
                + "or regression (regress)."),
        RecipeKey("", "seed", \.seed, "The seed of all random numbers.", must: "be 0 or more") {
            $0 >= 0
        },
        RecipeKey(
            "model", "path", \.model.path,
            "The model to start from: a Hugging Face directory, a pack or a fairseq checkpoint.",
            changes: .content),
        RecipeKey(
            "model", "vocabulary", \.model.vocabulary,
            "A vocab.json; if empty, the model's own, or one built from the transcripts if it has none.",
            of: [.ctc], changes: .content),
        RecipeKey(
            "model", "freeze_feature_encoder", \.model.freezeFeatureEncoder,
            "Whether the convolutions are frozen.", of: [.ctc]),
        RecipeKey(
            "model", "freeze_encoder_updates", \.model.freezeEncoderUpdates,
            "Updates at the start in which only the head is trained (fairseq's freeze_finetune_updates).",
            of: TaskKind.fineTuning,
            must: "be 0 or more"
        ) { $0 >= 0 },
        RecipeKey(
            "model", "recompute_activations", \.model.recomputeActivations,
            "Whether backward recomputes blocks instead of keeping activations: less memory, more time.",
            changes: .nothing),
    ]

    private static let dataKeys: [RecipeKey] = [
        RecipeKey(
            "data", "train", \.data.train,
            "The corpus to train on, in any format of corpora.md; FORMAT:PATH states the format.",
            changes: .content),
        RecipeKey("data", "valid", \.data.valid, "The corpus to evaluate on.", changes: .content),
        RecipeKey("data", "labels", \.data.labels, "The units of transcripts.", of: [.ctc]),
        RecipeKey(
            "data", "text_normalization", \.data.text.normalization,
            "Unicode form to convert transcripts to: none, nfc or nfkc.", of: [.ctc]),
        RecipeKey(
            "data", "text_case", \.data.text.textCase,
            "Case to convert transcripts to: as_is, upper or lower.", of: [.ctc]),
        RecipeKey(
            "data", "drop_characters", \.data.text.dropped, "Characters to leave out of transcripts.",
            of: [.ctc]),
        RecipeKey(
            "data", "punctuation", \.data.text.punctuation,
            "What to do with punctuation: with drop, dashes become spaces and the rest is removed, except apostrophes within "
                + "words.", of: [.ctc]),
        RecipeKey(
            "data", "unknown_characters", \.data.text.unknown,
            "What to do with characters or phones outside the vocabulary: refuse the utterance, drop them, or use "
                + "the unknown token.", of: [.ctc]),
        RecipeKey(
            "data", "bad_utterances", \.data.badUtterances,
            "Whether unusable utterances stop the run or are left out: refuse or skip."),
        RecipeKey(
            "data", "batch_seconds", \.data.batchSeconds,
            "Seconds of audio per update, over all ranks.", of: TaskKind.speech, must: "be above 0"
        ) { $0 > 0 },
        RecipeKey(
            "data", "rank_seconds", \.data.rankSeconds,
            "Seconds of audio that a rank holds at once; more is accumulated.", of: TaskKind.speech,
            changes: .sums,
            must: "be above 0"
        ) { $0 > 0 },
        RecipeKey(
            "data", "sampling_alpha", \.data.samplingAlpha,
            "How languages are balanced, as in XLSR: each is sampled in proportion to its seconds to this power; 1 "
                + "keeps them as they are, 0 makes all equal.",
            of: TaskKind.speech, must: "be from 0 to 1"
        ) { (0...1).contains($0) },
        RecipeKey(
            "data", "cache_features", \.data.cacheFeatures,
            "Whether a frozen feature encoder's output is kept on this node's disk.",
            of: [.ctc], changes: .nothing),
        RecipeKey(
            "data", "cache_directory", \.data.cacheDirectory,
            "Where features are kept; if empty, PARP_CACHE_DIR, SLURM_TMPDIR/parp or ~/.cache/parp.",
            of: [.ctc], changes: .nothing),
        RecipeKey(
            "data", "min_seconds", \.data.minimumSeconds,
            "Seconds of audio below which an utterance is left out.", of: [.pretrain], must: "be 0 or more"
        ) { $0 >= 0 },
        RecipeKey(
            "data", "max_seconds", \.data.maximumSeconds,
            "Seconds of audio to which longer utterances are cropped, differently in every update.",
            of: [.pretrain],
            must: "be above 0"
        ) { $0 > 0 },
        RecipeKey(
            "data", "batch_examples", \.data.batchExamples, "Examples per update, over all ranks.",
            of: TaskKind.text, must: "be from 1 to 1000000"
        ) { (1...1_000_000).contains($0) },
        RecipeKey(
            "data", "rank_tokens", \.data.rankTokens,
            "Tokens that a rank holds at once; more is accumulated.", of: TaskKind.text, changes: .sums,
            must: "be from 1 to 10000000"
        ) { (1...10_000_000).contains($0) },
        RecipeKey(
            "data", "max_tokens", \.data.maximumTokens,
            "Tokens, including special ones, to truncate an example to, the longer text of a pair first; what was truncated is "
                + "counted. 0 truncates nothing.",
            of: TaskKind.text, must: "be 0, or from 8 to 1000000"
        ) { $0 == 0 || (8...1_000_000).contains($0) },
        RecipeKey(
            "loss", "zero_infinity", \.loss.zeroInfinity,
            "Whether utterances that cannot be aligned have a loss of 0 instead of infinity.", of: [.ctc]),
    ]

    private static let optimizerKeys: [RecipeKey] = [
        RecipeKey("optimizer", "kind", \.optimizer.kind, "The optimiser: adam, as in fairseq."),
        RecipeKey(
            "optimizer", "learning_rate", \.optimizer.learningRate, "The peak learning rate.",
            must: "be from 0 to 1, e.g. 5e-5"
        ) { (0...1).contains($0) },
        RecipeKey(
            "optimizer", "betas", \.optimizer.betas, "Decay of the two moments.",
            must: "be two numbers from 0 to below 1"
        ) { $0.count == 2 && $0.allSatisfy { (0..<1).contains($0) } },
        RecipeKey(
            "optimizer", "epsilon", \.optimizer.epsilon, "Added to the second moment's root.",
            must: "be above 0"
        ) { $0 > 0 },
        RecipeKey(
            "optimizer", "weight_decay", \.optimizer.weightDecay,
            "Decoupled weight decay; on text, not for biases and norms.",
            must: "be 0 or more"
        ) { $0 >= 0 },
        RecipeKey(
            "optimizer", "clip_norm", \.optimizer.clipNorm,
            "The maximum norm of the gradient; 0 does not clip.",
            must: "be 0 or more"
        ) { $0 >= 0 },
        RecipeKey(
            "optimizer", "head_scale", \.optimizer.headScale,
            "The factor of the head's learning rate: for the output layer, and on text the projection before it.",
            of: TaskKind.fineTuning, must: "be above 0"
        ) { $0 > 0 },
        RecipeKey(
            "schedule", "kind", \.schedule.kind,
            "The learning-rate schedule: tri_stage (with exponential decay), linear, cosine or constant."
        ),
        RecipeKey(
            "schedule", "updates", \.schedule.updates,
            "Updates of the run. A run can be lengthened: `--resume --set schedule.updates=N` (reference.md).",
            must: "be 1 or more"
        ) { $0 >= 1 },
        RecipeKey(
            "schedule", "phases", \.schedule.phases, "Shares of rise, hold and fall.",
            must: "be three numbers from 0 that sum to at most 1"
        ) {
            $0.count == 3 && $0.allSatisfy { $0 >= 0 } && $0.reduce(0, +) <= 1 + 1e-9
        },
        RecipeKey(
            "schedule", "initial_scale", \.schedule.initialScale,
            "The first learning rate, as a share of the peak.",
            must: "be from 0 to 1"
        ) { (0...1).contains($0) },
        RecipeKey(
            "schedule", "final_scale", \.schedule.finalScale,
            "The last learning rate, as a share of the peak.",
            must: "be from 0 to 1"
        ) { (0...1).contains($0) },
    ]

    private static let noiseKeys: [RecipeKey] = [
        RecipeKey(
            "augmentation", "time_mask_probability", \.augmentation.timeMaskProbability,
            "Share of frames that masks would cover if they never overlapped.", of: TaskKind.speech,
            must: "be from 0 to 1"
        ) { (0...1).contains($0) },
        RecipeKey(
            "augmentation", "time_mask_length", \.augmentation.timeMaskLength, "Frames per mask.",
            of: TaskKind.speech, must: "be 1 or more"
        ) { $0 >= 1 },
        RecipeKey(
            "augmentation", "time_mask_minimum_spans", \.augmentation.timeMaskMinimumSpans,
            "The minimum number of masks per utterance.", of: TaskKind.speech, must: "be 0 or more"
        ) { $0 >= 0 },
        RecipeKey(
            "augmentation", "channel_mask_probability", \.augmentation.channelMaskProbability,
            "Share of channels that masks would cover if they never overlapped.", of: TaskKind.speech,
            must: "be from 0 to 1"
        ) { (0...1).contains($0) },
        RecipeKey(
            "augmentation", "channel_mask_length", \.augmentation.channelMaskLength, "Channels per mask.",
            of: TaskKind.speech, must: "be 1 or more"
        ) { $0 >= 1 },
        RecipeKey(
            "augmentation", "speed", \.augmentation.speed,
            "Speeds from which each utterance's is drawn, anew each time, e.g. [0.9, 1.0, 1.1]. With others "
                + "than 1, features of the training set are computed each time.",
            of: [.ctc], must: "be one to 16 numbers from 0.5 to 2"
        ) { (1...16).contains($0.count) && $0.allSatisfy { (0.5...2).contains($0) } },
        RecipeKey(
            "augmentation", "noise_snr", \.augmentation.noiseSNR,
            "The range of signal-to-noise ratios, in dB, of white noise added to utterances, e.g. [10.0, 40.0]; [] adds none.",
            of: [.ctc], must: "be two numbers from -20 to 100, the lower first, or none"
        ) { $0.isEmpty || $0.count == 2 && $0[0] <= $0[1] && $0.allSatisfy { (-20...100).contains($0) } },
        rate("layer_drop", \.regularization.layerDrop, "Probability that a block is skipped in an update."),
        rate(
            "feature_dropout", \.regularization.featureDropout, "Dropout of the projected features.",
            of: TaskKind.speech),
        rate("hidden_dropout", \.regularization.hiddenDropout, "Dropout after attention and feed-forward."),
        rate("attention_dropout", \.regularization.attentionDropout, "Dropout of attention probabilities."),
        rate("activation_dropout", \.regularization.activationDropout, "Dropout inside the feed-forward."),
        rate(
            "final_dropout", \.regularization.finalDropout, "Dropout before the head.",
            of: TaskKind.fineTuning),
    ]

    private static func rate(
        _ name: String, _ field: any WritableKeyPath<Recipe, Double> & Sendable, _ meaning: String,
        of tasks: Set<TaskKind> = Set(TaskKind.allCases)
    ) -> RecipeKey {
        RecipeKey("regularization", name, field, meaning, of: tasks, must: "be from 0 to below 1") {
            (0..<1).contains($0)
        }
    }

    private static let runKeys: [RecipeKey] = [
        RecipeKey(
            "distributed", "bucket_megabytes", \.distributed.bucketMegabytes,
            "Megabytes of gradients per message; 0 lets a probe at the start choose. Results do not depend on it.",
            changes: .nothing,
            must: "be 0 or more"
        ) { $0 >= 0 },
        RecipeKey(
            "distributed", "senders", \.distributed.senders,
            "Which ranks send a node's sum to other nodes: all of them, a slice each, or only the leader; auto lets a "
                + "probe choose. Results do not depend on it.", changes: .nothing),
        RecipeKey(
            "distributed", "wire", \.distributed.wire,
            "The format of gradients sent between nodes: float32, or bfloat16 (half the bytes, not exact)."
        ),
        RecipeKey(
            "distributed", "reproducible", \.distributed.reproducible,
            "Whether weights and masks have the same bits for any number of ranks, at a cost (numerics.md).",
            changes: .sums),
        RecipeKey(
            "distributed", "reproducible_parts", \.distributed.reproducibleParts,
            "Parts into which a reproducible run divides a global batch; best a multiple of the number of ranks.",
            must: "be from 1 to 4096"
        ) { (1...4096).contains($0) },
        RecipeKey(
            "distributed", "threads_per_rank", \.distributed.threadsPerRank,
            "Threads per rank.", changes: .sums,
            must: "be from 1 to 1024"
        ) { (1...1024).contains($0) },
        RecipeKey(
            "precision", "gemm", \.precision.gemm,
            "The precision of matrix products: float32, bfloat16, or auto for whichever a probe at the start finds faster."
        ),
        RecipeKey(
            "checkpoint", "every_updates", \.checkpoint.everyUpdates,
            "Updates between checkpoints; 0 writes none.", changes: .nothing,
            must: "be 0 or more"
        ) { $0 >= 0 },
        RecipeKey(
            "checkpoint", "every_minutes", \.checkpoint.everyMinutes,
            "Minutes after which a checkpoint is written, besides those by updates; 0 goes only by updates.",
            changes: .nothing, must: "be 0 or more"
        ) { $0 >= 0 },
        RecipeKey(
            "checkpoint", "keep", \.checkpoint.keep, "The number of newest checkpoints to keep.",
            changes: .nothing,
            must: "be 1 or more"
        ) { $0 >= 1 },
        RecipeKey(
            "checkpoint", "average", \.checkpoint.average,
            "The number of evaluated models averaged into final/, under the last mask; 0 or 1 takes the last update's.",
            of: TaskKind.fineTuning, must: "be from 0 to 100"
        ) { (0...100).contains($0) },
        RecipeKey(
            "checkpoint", "average_of", \.checkpoint.averageOf,
            "Which models `average` uses: those of the last evaluations, or of the best.",
            of: TaskKind.fineTuning),
        RecipeKey(
            "evaluation", "every_updates", \.evaluation.everyUpdates,
            "Updates between evaluations; 0 evaluates only at the end.", changes: .nothing,
            must: "be 0 or more"
        ) { $0 >= 0 },
        RecipeKey(
            "evaluation", "patience", \.evaluation.patience,
            "Evaluations without a new best after which the run ends early; 0 for never. If the sparsity rises, they "
                + "count from the end of the rise.",
            of: TaskKind.fineTuning, must: "be 0 or more"
        ) { $0 >= 0 },
        RecipeKey(
            "evaluation", "metric", \.evaluation.metric, "The metric that selects the best model.",
            of: TaskKind.fineTuning),
    ]
}
