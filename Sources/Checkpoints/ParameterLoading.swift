public import Tensors

/// What was found for a layout's parameters.
public struct LoadReport: Sendable {
    /// Parameters that no tensor was found for; left as they were.
    public var missing: [ParameterSlot] = []
    /// Tensors that no parameter wanted.
    public var unexpected: [String] = []
}

/// Parts of a pre-trained checkpoint that fine-tuning has no use for.
private let ignoredPrefixes = ["quantizer.", "project_q.", "project_hid.", "final_proj.", "target_glu."]

/// Reads all parameters that a source has.
///
/// A name is looked for in its own spelling, in PyTorch's newer spelling of weight norm, as old transformers
/// wrote the mask embedding, and without its model prefix, as headless exports have it.
///
/// - Parameter skipping: Parameters that are not read, though the source may have them.
/// - Throws: `CheckpointError` if a tensor has another shape than the configuration says.
public func loadParameters(
    from source: any TensorSource, into values: Tensor, layout: ParameterLayout, skipping: Set<String> = []
) throws(CheckpointError) -> LoadReport {
    var report = LoadReport()
    var used = Set<String>()
    let available = Set(source.names)
    for slot in layout.slots {
        guard !skipping.contains(slot.name),
            let name = spellings(of: slot.name).first(where: available.contains)
        else {
            report.missing.append(slot)
            continue
        }
        used.insert(name)
        try load(name, from: source, into: values.elements(slot.range), slot: slot)
    }
    report.unexpected = source.names.filter { name in
        !used.contains(name) && !ignoredPrefixes.contains { name.hasPrefix($0) }
    }
    return report
}

/// All names under which checkpoints hold a parameter, the canonical one first.
func spellings(of name: String) -> [String] {
    var names = [name]
    func respell(_ suffix: String, as other: String) {
        if name.hasSuffix(suffix) { names.append(name.dropLast(suffix.count) + other) }
    }
    respell("conv.weight_g", as: "conv.parametrizations.weight.original0")
    respell("conv.weight_v", as: "conv.parametrizations.weight.original1")
    respell("masked_spec_embed", as: "mask_time_emb_vector")
    // `wav2vec2.encoder…` in a model with a head is `encoder…` in one without.
    let headless = names.compactMap { spelling -> String? in
        guard let dot = spelling.firstIndex(of: "."), !spelling.hasPrefix("lm_head") else { return nil }
        return String(spelling[spelling.index(after: dot)...])
    }
    return names + headless
}

private func load(
    _ name: String, from source: any TensorSource, into target: Tensor, slot: ParameterSlot
) throws(CheckpointError) {
    guard let info = source.info(name) else { throw CheckpointError(source.path, "has no tensor \(name)") }
    // Extents of 1 may be there or not: (1, 1, K) and (K) are the same gain.
    let significant = { (shape: Shape) in shape.dimensions.filter { $0 != 1 } }
    guard significant(info.shape) == significant(slot.fileShape) else {
        throw CheckpointError(
            source.path,
            "tensor \(name) is \(info.shape), but the configuration makes it \(slot.fileShape): "
                + "config.json and the weights do not belong together")
    }
    switch slot.fileOrder {
    case .same:
        try source.read(name, into: target)
    case .convolution:
        let buffer = FlatBuffer(count: target.count)
        try source.read(name, into: buffer.all)
        transposeInner(buffer.all, shape: slot.fileShape, into: target)
    }
}

/// Swaps the two inner axes of (a, b, c): how a convolution's weight changes between file and memory, both
/// ways.
func transposeInner(_ source: Tensor, shape: Shape, into target: Tensor) {
    let (b, c) = (shape[1], shape[2])
    for outer in 0..<shape[0] {
        let start = outer * b * c
        for i in 0..<b {
            for j in 0..<c { target[start + j * b + i] = source[start + i * c + j] }
        }
    }
}

/// Copies a parameter from memory's order to a file's.
public func writeInFileOrder(_ values: Tensor, slot: ParameterSlot, into target: Tensor) {
    switch slot.fileOrder {
    case .same: target.copy(from: values)
    case .convolution: transposeInner(values, shape: slot.shape, into: target)
    }
}
