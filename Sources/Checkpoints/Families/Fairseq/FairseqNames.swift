/// The names of wav2vec 2.0's and HuBERT's tensors in fairseq and in transformers.
enum FairseqNames {
    /// How a tensor is treated.
    enum Fate: Equatable {
        /// It has this name in transformers.
        case renamed(String)
        /// It has no counterpart in transformers: only pre-training needs it.
        case leftOut
        /// No supported model has it.
        case unknown
    }

    /// The fate of a tensor of a model whose parameters transformers prefixes with `family`.
    static func fate(of name: String, family: String) -> Fate {
        guard let inner = stripped(name, of: "w2v_encoder.") else { return body(name, family: family) }
        if let rest = stripped(inner, of: "proj.") { return .renamed("lm_head." + rest) }
        guard let rest = stripped(inner, of: "w2v_model.") else { return .unknown }
        return body(rest, family: family)
    }

    /// The fate of a tensor of the network without its head.
    private static func body(_ name: String, family: String) -> Fate {
        if let pretraining = pretrainingFate(of: name, family: family) { return pretraining }
        let numbered = [
            ("feature_extractor.conv_layers.", convolutionParts), ("encoder.layers.", blockParts),
        ]
        for (prefix, parts) in numbered {
            guard let rest = stripped(name, of: prefix), let dot = rest.firstIndex(of: ".") else { continue }
            guard Int(rest[..<dot]) != nil,
                let part = renamed(String(rest[rest.index(after: dot)...]), by: parts)
            else { return .unknown }
            return .renamed("\(family).\(prefix)\(rest[...dot])\(part)")
        }
        if name == "mask_emb" { return .renamed("\(family).masked_spec_embed") }
        return renamed(name, by: wholeParts).map { .renamed("\(family).\($0)") } ?? .unknown
    }

    /// The fate of pre-training's tensors: transformers keeps none of HuBERT's.
    private static func pretrainingFate(of name: String, family: String) -> Fate? {
        if name == "label_embs_concat" || name.hasPrefix("target_glu.") { return .leftOut }
        if let rest = stripped(name, of: "final_proj.") {
            return family == "wav2vec2" ? .renamed("project_hid." + rest) : .leftOut
        }
        if name == "quantizer.vars" { return .renamed("quantizer.codevectors") }
        return ["quantizer.weight_proj.", "project_q."].contains { name.hasPrefix($0) } ? .renamed(name) : nil
    }

    private static let wholeParts = [
        ("layer_norm.", "feature_projection.layer_norm."),
        ("post_extract_proj.", "feature_projection.projection."),
        ("encoder.pos_conv.0.", "encoder.pos_conv_embed.conv."),
        ("encoder.layer_norm.", "encoder.layer_norm."),
    ]

    /// A convolution's norm follows a dropout; a layer norm is also between two transpositions.
    private static let convolutionParts = [("0.", "conv."), ("2.1.", "layer_norm."), ("2.", "layer_norm.")]

    private static let blockParts =
        ["q_proj.", "k_proj.", "v_proj.", "out_proj."].map { ("self_attn." + $0, "attention." + $0) } + [
            ("self_attn_layer_norm.", "layer_norm."), ("fc1.", "feed_forward.intermediate_dense."),
            ("fc2.", "feed_forward.output_dense."), ("final_layer_norm.", "final_layer_norm."),
        ]

    private static func renamed(_ name: String, by parts: [(String, String)]) -> String? {
        for (old, new) in parts {
            if let rest = stripped(name, of: old) { return new + rest }
        }
        return nil
    }

    private static func stripped(_ name: String, of prefix: String) -> String? {
        name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil
    }
}
