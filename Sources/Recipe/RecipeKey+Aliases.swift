extension RecipeKey {
    /// Names of our keys in transformers' `TrainingArguments` and configurations, fairseq and SpeechBrain.
    static let aliases: [String: String] = aliases(
        (
            "model.path",
            ["model_name_or_path", "w2v_path", "wav2vec2_hub", "pretrained_path", "finetune_from_model"]
        ),
        ("model.vocabulary", ["vocab", "vocab_file", "dict", "label_dictionary", "tokenizer_name_or_path"]),
        ("model.freeze_feature_encoder", ["freeze_feature_extractor", "freeze_conv"]),
        ("model.freeze_encoder_updates", ["freeze_finetune_updates", "freeze_base_model"]),
        ("model.recompute_activations", ["gradient_checkpointing", "checkpoint_activations"]),
        (
            "data.train",
            ["train_file", "train_manifest", "train_csv", "train_json", "train_subset", "train_data"]
        ),
        (
            "data.valid",
            ["valid_subset", "validation_file", "valid_csv", "valid_json", "eval_file", "dev", "valid_data"]
        ),
        (
            "data.batch_seconds",
            [
                "batch_size", "per_device_train_batch_size", "train_batch_size",
                "max_batch_length",
                "gradient_accumulation_steps", "update_freq", "grad_accumulation_factor",
            ]
        ),
        ("data.bad_utterances", ["skip_invalid_size_inputs_valid_test", "ignore_bad_utterances"]),
        ("data.max_seconds", ["max_sample_size", "max_duration_in_seconds", "avoid_if_longer_than"]),
        ("data.min_seconds", ["min_sample_size", "min_duration_in_seconds", "avoid_if_shorter_than"]),
        ("data.text_case", ["do_lower_case", "lower_case"]),
        ("loss.zero_infinity", ["ctc_zero_infinity"]),
        ("optimizer.kind", ["optim", "opt_class"]),
        ("optimizer.learning_rate", ["lr", "peak_lr", "max_lr", "lr_wav2vec", "lr_wav2vec2", "base_lr"]),
        ("optimizer.betas", ["adam_betas", "adam_beta1", "adam_beta2"]),
        ("optimizer.epsilon", ["adam_eps", "adam_epsilon", "eps"]),
        ("optimizer.weight_decay", ["wd", "l2"]),
        (
            "optimizer.clip_norm",
            ["gradient_clipping", "max_grad_norm", "grad_clip", "gradient_clip_val", "max_gradient_norm"]
        ),
        ("schedule.kind", ["lr_scheduler_type", "lr_scheduler", "scheduler"]),
        (
            "schedule.updates",
            [
                "max_steps", "max_update", "max_updates", "total_num_update", "num_updates", "steps",
                "num_train_epochs", "max_epoch", "number_of_epochs", "num_epochs", "epochs",
            ]
        ),
        ("schedule.phases", ["phase_ratio", "warmup_steps", "warmup_updates", "warmup_ratio", "warmup"]),
        ("schedule.initial_scale", ["init_lr_scale"]), ("schedule.final_scale", ["final_lr_scale"]),
        (
            "pruning.sparsity",
            ["amount", "sparsity_level", "prune_ratio", "pruning_ratio", "target_sparsity"]
        ),
        ("pruning.interval", ["prune_interval", "mask_interval"]),
        ("augmentation.time_mask_probability", ["mask_time_prob", "mask_prob"]),
        ("augmentation.time_mask_length", ["mask_time_length", "mask_length"]),
        ("augmentation.time_mask_minimum_spans", ["mask_time_min_masks"]),
        ("augmentation.channel_mask_probability", ["mask_feature_prob", "mask_channel_prob"]),
        ("augmentation.channel_mask_length", ["mask_feature_length", "mask_channel_length"]),
        ("regularization.layer_drop", ["encoder_layerdrop"]),
        ("regularization.feature_dropout", ["feat_proj_dropout", "dropout_input"]),
        ("regularization.hidden_dropout", ["dropout", "attention_output_dropout"]),
        ("regularization.final_dropout", ["classifier_dropout"]),
        ("distributed.threads_per_rank", ["num_threads", "omp_num_threads", "intra_op_threads"]),
        ("distributed.bucket_megabytes", ["bucket_cap_mb", "ddp_bucket_cap_mb"]),
        ("precision.gemm", ["fp16", "bf16", "precision", "mixed_precision"]),
        ("checkpoint.every_updates", ["save_steps", "save_interval_updates"]),
        ("checkpoint.every_minutes", ["ckpt_interval_minutes", "save_interval_minutes"]),
        ("checkpoint.average", ["average_checkpoints", "avg_checkpoints", "num_update_checkpoints"]),
        ("evaluation.patience", ["early_stopping_patience", "early_stopping"]),
        ("augmentation.speed", ["speed_perturb", "speeds", "speed_changes"]),
        ("augmentation.noise_snr", ["snr", "min_snr_in_db", "snr_low"]),
        ("optimizer.head_scale", ["head_lr", "lr_head", "classifier_lr"]),
        (
            "checkpoint.keep",
            ["save_total_limit", "keep_interval_updates", "keep_last_epochs", "keep_checkpoints"]
        ),
        ("evaluation.every_updates", ["eval_steps", "validate_interval_updates", "val_check_interval"]),
        ("evaluation.metric", ["metric_for_best_model", "best_checkpoint_metric"]),
        ("decoding.lm", ["language_model", "lm_path", "kenlm_model_path", "lm_model", "decoder_lm"]),
        ("decoding.alpha", ["lm_weight", "lmweight"]), ("decoding.beta", ["word_score", "wordscore"]),
        ("decoding.beam", ["beam_size", "beam_width", "num_beams"]),
        ("decoding.lexicon", ["lexicon_path", "wordlist"]),
        ("decoding.unknown_words", ["unk_score_offset", "unk_score", "unk_weight"]),
        ("pretraining.negatives", ["num_negatives"]),
        ("pretraining.contrastive_temperature", ["contrastive_logits_temperature", "logit_temp"]),
        ("pretraining.diversity_weight", ["diversity_loss_weight"]),
        ("pretraining.gumbel_temperature", ["latent_temp"]),
        ("pretraining.codebook_groups", ["latent_groups", "num_codevector_groups"]),
        ("pretraining.codebook_entries", ["latent_vars", "num_codevectors_per_group"]),
        ("pretraining.codevector_size", ["codevector_dim", "latent_dim"]),
        ("pretraining.projection_size", ["proj_codevector_dim", "final_dim"]),
        ("pretraining.feature_gradient_scale", ["feature_grad_mult"]),
        ("seed", ["random_seed", "manual_seed", "data_seed"])
    )

    /// Other programs' names of the sections.
    static let sectionAliases = [
        "optimization": "optimizer", "optim": "optimizer", "lr_scheduler": "schedule", "training": "schedule",
        "dataset": "data", "checkpointing": "checkpoint", "criterion": "loss", "prune": "pruning",
        "distributed_training": "distributed", "eval": "evaluation", "validation": "evaluation",
        "spec_augment": "augmentation", "dropout": "regularization", "decoder": "decoding",
        "decode": "decoding", "language_model": "decoding",
    ]

    /// The path of the key that a name means, whether ours or another program's; nil if there is none.
    package static func path(meant name: String) -> String? {
        all.first { $0.name == name }?.path ?? alias(for: name, in: aliases)
    }

    private static func aliases(_ lists: (path: String, names: [String])...) -> [String: String] {
        Dictionary(
            lists.flatMap { list in list.names.map { ($0, list.path) } },
            uniquingKeysWith: { first, _ in first })
    }
}
