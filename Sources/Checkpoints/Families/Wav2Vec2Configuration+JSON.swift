package import JSON
package import Models

extension Wav2Vec2Configuration {
    /// The content of `config.json` for a model pre-trained with a quantiser.
    package func json(_ objective: PretrainingConfiguration) -> JSONValue {
        func list(_ numbers: [Int]) -> JSONValue { .array(numbers.map(JSONValue.integer)) }
        return .object([
            .init("architectures", .array([.string(family.recognizerClass)])),
            .init("model_type", .string(family.rawValue)), .init("vocab_size", .integer(vocabularySize)),
            .init("hidden_size", .integer(hiddenSize)), .init("num_hidden_layers", .integer(layerCount)),
            .init("num_attention_heads", .integer(headCount)),
            .init("intermediate_size", .integer(intermediateSize)), .init("hidden_act", .string(activation)),
            .init("layer_norm_eps", .number(1e-5)), .init("initializer_range", .number(0.02)),
            .init("feat_extract_norm", .string(featureNormalization.rawValue)),
            .init("feat_extract_activation", .string(activation)),
            .init("conv_dim", list(convolutionChannels)), .init("conv_stride", list(convolutionStrides)),
            .init("conv_kernel", list(convolutionKernels)), .init("conv_bias", .boolean(convolutionBias)),
            .init("num_feat_extract_layers", .integer(convolutionChannels.count)),
            .init("num_conv_pos_embeddings", .integer(positionalKernel)),
            .init("num_conv_pos_embedding_groups", .integer(positionalGroups)),
            .init("do_stable_layer_norm", .boolean(stableLayerNorm)),
            .init("num_codevector_groups", .integer(objective.codebookGroups)),
            .init("num_codevectors_per_group", .integer(objective.codebookEntries)),
            .init("codevector_dim", .integer(objective.codevectorSize)),
            .init("proj_codevector_dim", .integer(objective.projectionSize)),
            .init("pad_token_id", .integer(padTokenId)), .init("bos_token_id", .integer(1)),
            .init("eos_token_id", .integer(2)), .init("ctc_loss_reduction", .string("sum")),
            .init("ctc_zero_infinity", .boolean(true)), .init("mask_time_prob", .number(0.05)),
            .init("torch_dtype", .string("float32")),
        ])
    }
}
