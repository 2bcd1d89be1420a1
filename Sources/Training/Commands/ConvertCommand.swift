internal import Checkpoints
internal import Models
internal import Tensors

/// What `parp convert` was asked for.
public struct ConvertOptions: Sendable {
    /// A fairseq checkpoint, a Hugging Face directory, or its weights file.
    public var source: String
    /// The directory to write.
    public var output: String
    /// The dictionary that a fairseq checkpoint was fine-tuned with.
    public var dictionary: String?

    /// What to convert, and where to.
    public init(source: String, output: String, dictionary: String? = nil) {
        self.source = source
        self.output = output
        self.dictionary = dictionary
    }
}

/// Writes a stored model as a Hugging Face directory with `model.safetensors`, in float32.
///
/// Weights pass from file to file, one tensor at a time.
public func runConvert(_ options: ConvertOptions, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        let source = try StoredModel.open(options.source, dictionary: options.dictionary)
        let weights = try source.openWeights()
        let network = Wav2Vec2(try SpeechModel.checkedConfiguration(of: source))
        let hasHead = weights.info("lm_head.weight") != nil
        guard !hasHead || source.tokens != nil || source.isDirectory else { throw source.withoutTokens }
        let match = try matchParameters(
            of: weights, with: network.layout,
            skipping: hasHead ? [] : Set(network.headSlots.map(\.name)))
        try network.requireComplete(match.report, of: weights)
        let (writer, counts) = copy(weights, names: match.parameterNames)
        try writeModelDirectory(
            at: options.output, weights: writer,
            files: ModelFiles(
                config: config(of: source, network, weights), tokens: source.tokens,
                preprocessor: source.preprocessor, tokenizer: source.tokenizer))
        print(
            "\(options.output): \(network.configuration.family.rawValue), "
                + (hasHead ? "fine-tuned" : "pre-trained") + ", \(counts.tensors) tensors, "
                + "\(counts.weights) weights"
                + (source.leftOut.isEmpty ? "" : "; left out: " + source.leftOut.joined(separator: ", ")))
    }
}

/// Copies all floating-point tensors, the network's under the names of its parameters.
private func copy(
    _ weights: any TensorSource, names: [String: String]
) -> (writer: SafetensorsWriter, counts: (tensors: Int, weights: Int)) {
    var writer = SafetensorsWriter()
    var counts = (tensors: 0, weights: 0)
    for name in weights.names {
        guard let info = weights.info(name), info.dataType.isFloatingPoint else { continue }
        writer.add(names[name] ?? name, from: weights, named: info)
        counts = (counts.tensors + 1, counts.weights + info.shape.count)
    }
    return (writer, counts)
}

/// The `config.json` to write: a directory's own, or one that says which class of transformers the model is.
private func config(of source: StoredModel, _ network: Wav2Vec2, _ weights: any TensorSource) -> JSONValue {
    var config = source.config.inFloat32
    guard !source.isDirectory else { return config }
    let family = network.configuration.family
    let hasQuantizer = weights.info("quantizer.codevectors") != nil
    let name =
        source.dictionaryName == nil
        ? family.pretrainedClass(hasQuantizer: hasQuantizer) : family.recognizerClass
    config["architectures"] = .array([.string(name)])
    config["torch_dtype"] = .string("float32")
    return config
}
