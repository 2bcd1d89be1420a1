internal import JSON
internal import Tensors

/// A fairseq checkpoint, `.pt`: wav2vec 2.0 or HuBERT, pre-trained or fine-tuned with CTC, read under
/// transformers' names.
struct FairseqCheckpoint: Sendable {
    /// The keys of a `config.json` that follow from its configuration.
    let config: JSONValue
    /// How audio is prepared.
    let preprocessor: PreprocessorConfig
    /// The units of its tokens: letters, or phones if its labels were called `phn`.
    let tokenizer: TokenizerConfig
    /// The tokens of the dictionary that newer versions keep in the checkpoint, in the order of the head's rows.
    let tokens: [String]?
    /// The name of the dictionary's file; nil for a model without a head.
    let dictionaryName: String?
    /// The tensors, by transformers' names.
    let weights: any TensorSource
    /// Tensors without a counterpart in transformers.
    let leftOut: [String]

    /// Opens a file and reads its configuration; its weights stay on disk.
    init(path: String) throws(CheckpointError) {
        let archive = try TorchArchive(path: path)
        let head = archive.info("w2v_encoder.proj.weight")
        let configuration = try FairseqConfiguration(archive, isFineTuned: head != nil)
        let (names, leftOut) = try Self.names(of: archive, family: configuration.family)
        let weights = RenamedSource(archive, names: names)
        var config = try configuration.huggingFace()
        if let rows = head?.shape.dimensions.first { config["vocab_size"] = .integer(rows) }
        Self.addQuantizer(of: weights, to: &config)
        self.config = config
        self.weights = weights
        self.leftOut = leftOut
        preprocessor = try configuration.preprocessor()
        let labels = try configuration.labels()
        dictionaryName = head == nil ? nil : "dict.\(labels).txt"
        tokenizer = labels == "phn" ? .phones : TokenizerConfig()
        tokens = head == nil ? nil : try Self.tokens(of: archive)
    }

    /// The tensors' names by those of transformers, and those without one.
    private static func names(
        of archive: TorchArchive, family: String
    ) throws(CheckpointError) -> (renamed: [String: String], leftOut: [String]) {
        var renamed: [String: String] = [:]
        var leftOut: [String] = []
        for name in archive.names {
            switch FairseqNames.fate(of: name, family: family) {
            case .leftOut: leftOut.append(name)
            case .renamed(let new):
                if let other = renamed.updateValue(name, forKey: new) {
                    throw CheckpointError(archive.path, "tensors \(other) and \(name) are the same parameter")
                }
            case .unknown:
                throw CheckpointError(
                    archive.path,
                    "has a tensor \(name), which neither wav2vec2 nor hubert has; "
                        + "parp reads them pre-trained or with a CTC head")
            }
        }
        return (renamed, leftOut)
    }

    /// What transformers needs to build the quantizer for continued pre-training.
    private static func addQuantizer(of weights: RenamedSource, to config: inout JSONValue) {
        guard let codevectors = weights.info("quantizer.codevectors")?.shape.dimensions,
            let groups = weights.info("project_q.weight")?.shape.dimensions, codevectors.count == 3,
            groups.count == 2, codevectors[2] > 0
        else { return }
        let groupCount = groups[1] / codevectors[2]
        guard groupCount > 0 else { return }
        config["num_codevector_groups"] = .integer(groupCount)
        config["num_codevectors_per_group"] = .integer(codevectors[1] / groupCount)
        config["codevector_dim"] = .integer(groups[1])
        config["proj_codevector_dim"] = .integer(groups[0])
    }

    /// fairseq's special symbols, which precede those of a dictionary's file.
    private static let specialSymbols = ["<s>", "<pad>", "</s>", "<unk>"]

    /// The symbols of the dictionary in the task's state, the first two exchanged: fairseq's blank is `<s>`,
    /// transformers' is `<pad>`, and both are row 0.
    private static func tokens(of archive: TorchArchive) throws(CheckpointError) -> [String]? {
        let symbols = try archive.values.json(at: "task_state", "target_dictionary", "symbols")
        guard let elements = symbols?.elements else { return nil }
        let tokens = elements.compactMap(\.string)
        guard tokens.count == elements.count, Array(tokens.prefix(4)) == specialSymbols else {
            throw CheckpointError(
                archive.path,
                "its dictionary does not begin with \(specialSymbols.joined(separator: ", ")): "
                    + "so the blank's row is unknown")
        }
        return ["<pad>", "<s>"] + tokens.dropFirst(2)
    }
}
