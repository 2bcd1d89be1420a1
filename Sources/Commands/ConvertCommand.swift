internal import Checkpoints
internal import JSON
internal import Kernels
internal import Models
internal import Program
internal import Session
internal import Tasks
internal import Tensors
internal import Training

extension Convert {
    fileprivate var precision: StoredPrecision { inBFloat16 ? .bfloat16 : .float32 }
}

/// Writes a stored model as a Hugging Face directory with `model.safetensors`.
///
/// Weights are copied from file to file, one tensor at a time.
func runConvert(_ options: Convert, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        try OutputPlace(
            options.output, reading: [options.source] + [options.dictionary].compactMap { $0 },
            overwrites: options.overwrite.isAsked
        ).requireFreeForModel()
        let source = try StoredModel.open(options.source, dictionary: options.dictionary)
        if source.isText { return try convertText(source, options) }
        let weights = try source.openWeights()
        let network = try source.openNetwork()
        let hasHead = weights.info("lm_head.weight") != nil && !options.encoderOnly
        guard !hasHead || source.tokens != nil || source.isDirectory else { throw source.withoutTokens }
        let match = try matchParameters(
            of: weights, with: network.layout,
            skipping: hasHead ? [] : Set(network.headSlots.map(\.name)))
        let foreign = try network.requireComplete(match.report, of: weights)
        var names = match.parameterNames
        if options.encoderOnly {
            let head = Set(network.headSlots.map(\.name))
            names = names.filter { !head.contains($0.value) }
        }
        let (writer, counts) = copy(
            weights, names: names, onlyNamed: options.encoderOnly, leavingOut: Set(foreign),
            precision: options.precision)
        try writeModelDirectory(
            at: options.output, weights: writer,
            files: ModelFiles(
                config: source.config(
                    hasHead: hasHead,
                    hasQuantizer: !options.encoderOnly && weights.info("quantizer.codevectors") != nil,
                    precision: options.precision),
                tokens: hasHead ? source.tokens : nil,
                preprocessor: source.preprocessor, tokenizer: source.tokenizer))
        print(
            "\(options.output): \(source.config["model_type"]?.string ?? "wav2vec2"), "
                + (hasHead ? "fine-tuned" : "pre-trained") + ", \(counts.tensors) tensors, "
                + "\(counts.weights) weights"
                + (source.leftOut.isEmpty ? "" : "; left out: " + source.leftOut.joined(separator: ", ")))
    }
}

/// Writes a text model with its head, if any, and its tokenizer.
private func convertText(_ source: StoredModel, _ options: Convert) throws {
    guard !options.encoderOnly else {
        throw UserError(
            .usage, "--encoder-only is for speech models; for text, AutoModel loads the encoder alone")
    }
    let weights = try source.openWeights()
    let network = try source.openTextNetwork()
    let match = try matchParameters(of: weights, with: network.layout)
    let foreign = try network.requireComplete(match.report, of: weights)
    let missing = Set(match.report.missing.map(\.name))
    let hasHead = network.headSlots.allSatisfy { !missing.contains($0.name) }
    let (writer, counts) = copy(
        weights, names: match.parameterNames, onlyNamed: false, leavingOut: Set(foreign),
        precision: options.precision)
    try writeModelDirectory(
        at: options.output, weights: writer,
        files: ModelFiles(
            config: source.config(hasHead: true, hasQuantizer: false, precision: options.precision),
            kept: try KeptFile.tokenizer(of: source)))
    print(
        "\(options.output): \(source.config["model_type"]?.string ?? "bert"), "
            + (hasHead ? "fine-tuned" : "pre-trained")
            + ", \(counts.tensors) tensors, \(counts.weights) weights")
}

/// Copies all floating-point tensors, the network's under its parameter names; others only where wanted.
private func copy(
    _ weights: any TensorSource, names: [String: String], onlyNamed: Bool, leavingOut: Set<String>,
    precision: StoredPrecision
) -> (writer: SafetensorsWriter, counts: (tensors: Int, weights: Int)) {
    var writer = SafetensorsWriter()
    var counts = (tensors: 0, weights: 0)
    for name in weights.names {
        guard let info = weights.info(name), info.dataType.isFloatingPoint,
            !onlyNamed || names[name] != nil, !leavingOut.contains(name)
        else { continue }
        writer.add(names[name] ?? name, from: weights, named: info, precision: precision)
        counts = (counts.tensors + 1, counts.weights + info.shape.count)
    }
    return (writer, counts)
}
