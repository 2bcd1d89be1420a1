internal import JSON

/// The configuration of a fairseq checkpoint: `cfg`, or `args` up to version 0.10.
struct FairseqConfiguration {
    private let path: String
    /// The configuration of the network; for a fine-tuned model, of its pre-trained model.
    private let model: StatedKeys
    /// How audio and labels were read.
    private let task: StatedKeys
    /// The family in transformers: `wav2vec2` or `hubert`.
    let family: String

    /// Reads a checkpoint's configuration.
    ///
    /// - Parameter isFineTuned: Whether the tensors have a head; the network's own configuration is then in
    ///   `w2v_args`.
    init(_ archive: TorchArchive, isFineTuned: Bool) throws(CheckpointError) {
        path = archive.path
        guard let whole = try Self.whole(archive) else {
            throw CheckpointError(
                archive.path,
                "has neither cfg nor args: not a fairseq checkpoint. Weights alone need a config.json beside them"
            )
        }
        var parts = try Self.parts(of: whole, [whole], archive.path)
        task = parts.task
        if isFineTuned {
            guard let inner = try parts.model.stated("w2v_args"), inner.members != nil else {
                throw CheckpointError(
                    archive.path,
                    "is fine-tuned, but lacks w2v_args, the configuration of the model it was made from"
                        + (parts.model.value?["w2v_path"]?.string.map { " (\($0))" } ?? ""))
            }
            // Its references are relative to itself, as before it was embedded.
            parts = try Self.parts(of: inner, [inner, whole], archive.path)
        }
        model = parts.model
        family = try Self.family(parts.model, archive)
    }

    private static func whole(_ archive: TorchArchive) throws(CheckpointError) -> JSONValue? {
        for key in ["cfg", "args"] {
            if let value = try archive.values.json(at: key), value.members != nil { return value }
        }
        return nil
    }

    /// `cfg` has sections, `args` are flat.
    private static func parts(
        of whole: JSONValue, _ roots: [JSONValue], _ path: String
    ) throws(CheckpointError) -> (model: StatedKeys, task: StatedKeys) {
        let keys = StatedKeys(whole, path: path, roots: roots)
        guard let model = try keys.stated("model"), model.members != nil else { return (keys, keys) }
        let task = try keys.part("task")
        return (
            StatedKeys(model, path: path, roots: roots),
            task ?? StatedKeys(.object([]), path: path, roots: roots)
        )
    }

    private static func family(
        _ model: StatedKeys, _ archive: TorchArchive
    ) throws(CheckpointError) -> String {
        func refused(_ what: String) -> CheckpointError {
            CheckpointError(archive.path, "is \(what); parp reads wav2vec2 and hubert")
        }
        if try model.boolean("relative_position_embedding") == true
            || archive.names.contains(where: { $0.contains("relative_attention_bias") })
        {
            throw refused("WavLM, whose attention has gated relative position biases")
        }
        let names = (try model.string("_name"), try model.string("arch"))
        guard let name = names.0 ?? names.1 else {
            return archive.info("label_embs_concat") == nil ? "wav2vec2" : "hubert"
        }
        // Architectures in `args` are families with a size: wav2vec2_large.
        if let family = ["wav2vec2", "hubert"].first(where: { name == $0 || name.hasPrefix($0 + "_") }) {
            return family
        }
        throw refused("a fairseq model of the kind \(name)")
    }

    /// How audio is prepared.
    func preprocessor() throws(CheckpointError) -> PreprocessorConfig {
        var preprocessor = PreprocessorConfig()
        let hasLayerNorm = try hasLayerNorm()
        preprocessor.normalizes = try task.boolean("normalize") ?? hasLayerNorm
        preprocessor.samplingRate = try task.integer("sample_rate") ?? preprocessor.samplingRate
        preprocessor.returnsAttentionMask = hasLayerNorm
        return preprocessor
    }

    /// The labels' name, from which the dictionary's follows: `dict.ltr.txt`.
    func labels() throws(CheckpointError) -> String {
        let name = try task.string("labels") ?? "ltr"
        return name.isEmpty || name.utf8.contains(UInt8(ascii: "/")) ? "ltr" : name
    }

    private func hasLayerNorm() throws(CheckpointError) -> Bool {
        try model.string("extractor_mode") == "layer_norm"
    }

    /// The keys of a `config.json` that follow.
    func huggingFace() throws(CheckpointError) -> JSONValue {
        try refuseVariants()
        let stated = try model.stated("conv_feature_layers")
        guard let convolutions = stated.flatMap(FairseqConvolution.list) else {
            throw CheckpointError(
                path,
                "conv_feature_layers is \(stated?.line ?? "missing"); "
                    + "expected lists as in [(512, 10, 5)] + [(512, 3, 2)] * 4")
        }
        func numbers(_ key: KeyPath<FairseqConvolution, Int>) -> JSONValue {
            .array(convolutions.map { .integer($0[keyPath: key]) })
        }
        let hasLayerNorm = try hasLayerNorm()
        return .object([
            .init("model_type", .string(family)),
            .init("hidden_size", try integer("encoder_embed_dim")),
            .init("num_hidden_layers", try integer("encoder_layers")),
            .init("num_attention_heads", try integer("encoder_attention_heads")),
            .init("intermediate_size", try integer("encoder_ffn_embed_dim")),
            .init("hidden_act", .string("gelu")), .init("feat_extract_activation", .string("gelu")),
            .init("layer_norm_eps", .number(1e-5)), .init("initializer_range", .number(0.02)),
            .init("feat_extract_norm", .string(hasLayerNorm ? "layer" : "group")),
            .init("conv_dim", numbers(\.channels)), .init("conv_stride", numbers(\.stride)),
            .init("conv_kernel", numbers(\.kernelSize)),
            .init("conv_bias", .boolean(try model.boolean("conv_bias") ?? false)),
            .init("num_feat_extract_layers", .integer(convolutions.count)),
            .init("num_conv_pos_embeddings", try integer("conv_pos", default: 128)),
            .init("num_conv_pos_embedding_groups", try integer("conv_pos_groups", default: 16)),
            .init("do_stable_layer_norm", .boolean(try model.boolean("layer_norm_first") ?? false)),
            .init("mask_time_prob", .number(0.05)),
            // fairseq's blank is <s>, its row 0; in transformers the row is called <pad>.
            .init("pad_token_id", .integer(0)), .init("bos_token_id", .integer(1)),
            .init("eos_token_id", .integer(2)),
        ])
    }

    private func integer(_ key: String, default fallback: Int? = nil) throws(CheckpointError) -> JSONValue {
        let stated = try model.stated(key)
        guard let value = stated == nil ? fallback : stated?.integer else {
            throw CheckpointError(
                path, "its configuration has \(model.value?[key]?.line ?? "nothing") as \(key), not a number")
        }
        return .integer(value)
    }

    /// Refuses options of fairseq for other networks.
    private func refuseVariants() throws(CheckpointError) {
        let only: [(String, JSONValue)] = [
            ("activation_fn", .string("gelu")), ("layer_type", .string("transformer")),
            ("pos_conv_depth", .integer(1)), ("conv_pos_batch_norm", .boolean(false)),
            ("quantize_input", .boolean(false)),
        ]
        for (key, expected) in only {
            guard let value = try model.stated(key), value != expected else { continue }
            throw CheckpointError(path, "\(key) is \(value.line); only \(expected.line) is supported")
        }
        if let mode = try model.stated("extractor_mode"), mode != .string("default"),
            mode != .string("layer_norm")
        {
            throw CheckpointError(
                path, "extractor_mode is \(mode.line); it must be \"default\" or \"layer_norm\"")
        }
    }
}
