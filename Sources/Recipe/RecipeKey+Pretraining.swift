extension RecipeKey {
    /// The keys of pre-training only.
    static let pretrainingKeys: [RecipeKey] = [
        RecipeKey(
            "pretraining", "negatives", \.pretraining.negatives,
            "Distractors per prediction: other masked frames of the utterance.", of: [.pretrain],
            must: "be from 1 to 10000"
        ) { (1...10000).contains($0) },
        RecipeKey(
            "pretraining", "contrastive_temperature", \.pretraining.contrastiveTemperature,
            "The divisor of similarities.", of: [.pretrain], must: "be above 0"
        ) { $0 > 0 },
        RecipeKey(
            "pretraining", "diversity_weight", \.pretraining.diversityWeight,
            "The weight of the codebooks' diversity loss, relative to the contrastive loss.", of: [.pretrain],
            must: "be 0 or more"
        ) { $0 >= 0 },
        RecipeKey(
            "pretraining", "feature_penalty_weight", \.pretraining.featurePenaltyWeight,
            "The weight of the features' mean square, relative to the contrastive loss.", of: [.pretrain],
            must: "be 0 or more"
        ) { $0 >= 0 },
        RecipeKey(
            "pretraining", "feature_gradient_scale", \.pretraining.featureGradientScale,
            "The factor of the feature encoder's gradient (fairseq's feature_grad_mult).",
            of: [.pretrain],
            must: "be 0 or more"
        ) { $0 >= 0 },
        RecipeKey(
            "pretraining", "gumbel_temperature", \.pretraining.gumbelTemperature,
            "The quantiser's temperature: first, last, and decay per update (fairseq's latent_temp).",
            of: [.pretrain],
            must: "be three numbers: the first, the last above 0 and at most the first, the decay from 0 to 1"
        ) { $0.count == 3 && $0[1] > 0 && $0[1] <= $0[0] && (0...1).contains($0[2]) },
        RecipeKey(
            "pretraining", "codebook_groups", \.pretraining.codebookGroups,
            "Codebooks; 0 uses the model's number.", of: [.pretrain], must: "be from 0 to 64"
        ) { (0...64).contains($0) },
        RecipeKey(
            "pretraining", "codebook_entries", \.pretraining.codebookEntries,
            "Entries per codebook; 0 uses the model's number.", of: [.pretrain],
            must: "be from 0 to 65536"
        ) { (0...65536).contains($0) },
        RecipeKey(
            "pretraining", "codevector_size", \.pretraining.codevectorSize,
            "Size of a quantised frame, over all codebooks; 0 uses the model's.",
            of: [.pretrain],
            must: "be from 0 to 16384"
        ) { (0...16384).contains($0) },
        RecipeKey(
            "pretraining", "projection_size", \.pretraining.projectionSize,
            "Size of the projections of predictions and quantised frames; 0 uses the model's.",
            of: [.pretrain],
            must: "be from 0 to 16384"
        ) { (0...16384).contains($0) },
        RecipeKey(
            "pretraining", "quantizer_dropout", \.pretraining.quantizerDropout,
            "Dropout of the features before they are quantised.", of: [.pretrain],
            must: "be from 0 to below 1"
        ) { (0..<1).contains($0) },
    ]
}
