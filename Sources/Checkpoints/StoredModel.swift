internal import Foundation
public import JSON

/// A stored model: a Hugging Face directory, the same packed in one file, or a fairseq checkpoint.
///
/// Its small parts are read and checked, its weights are still on disk.
public struct StoredModel: Sendable {
    /// Its path.
    public let path: String
    /// Its `config.json`, or one derived from fairseq's configuration.
    public let config: JSONValue
    /// Its tokens in the order of the head's rows, or nil if it has none, or has them in another file.
    public var tokens: [String]?
    /// Audio preprocessing.
    public let preprocessor: PreprocessorConfig
    /// Which tokens are special.
    public var tokenizer: TokenizerConfig
    /// The name of a fine-tuned fairseq model's dictionary file; nil for all others.
    public let dictionaryName: String?
    /// Tensors of a fairseq checkpoint without a counterpart in transformers.
    public let leftOut: [String]
    /// The weights, if reading the rest opened them.
    private let opened: (any TensorSource)?
    /// How it is stored.
    public let form: Form

    /// How models are stored.
    public enum Form: Sendable {
        /// A Hugging Face directory.
        case directory
        /// The same in one file.
        case pack
        /// A fairseq checkpoint.
        case fairseq
    }

    /// Reads a directory, a pack, a fairseq checkpoint, or the directory of a weights file with one of
    /// Hugging Face's names.
    public init(path: String) throws(CheckpointError) {
        var isDirectory: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
        guard exists, !isDirectory.boolValue else {
            self.init(try ModelDirectory(path: path))
            return
        }
        let name = (path as NSString).lastPathComponent
        if name.hasPrefix("model.safetensors") || name.hasPrefix("pytorch_model.bin") {
            self.init(try ModelDirectory(path: parent(of: path)))
        } else if ModelPack.isHeld(by: path) {
            let pack = try ModelPack(path: path)
            self.init(try ModelDirectory(pack), packed: pack)
        } else if name.hasSuffix(".json") || name.hasSuffix(".safetensors") {
            throw CheckpointError(path, "is one file of a model; name its folder")
        } else {
            self.init(try FairseqCheckpoint(path: path), path: path)
        }
    }

    private init(_ directory: ModelDirectory, packed: ModelPack? = nil) {
        path = directory.path
        config = directory.config
        tokens = directory.tokens
        preprocessor = directory.preprocessor
        tokenizer = directory.tokenizer
        dictionaryName = nil
        leftOut = []
        opened = packed
        form = packed == nil ? .directory : .pack
    }

    private init(_ checkpoint: FairseqCheckpoint, path: String) {
        self.path = path
        config = checkpoint.config
        tokens = checkpoint.tokens
        preprocessor = checkpoint.preprocessor
        tokenizer = checkpoint.tokenizer
        dictionaryName = checkpoint.dictionaryName
        leftOut = checkpoint.leftOut
        opened = checkpoint.weights
        form = .fairseq
    }

    /// Whether it is a directory, packed or not, with a file for each part.
    public var isDirectory: Bool { form != .fairseq }

    /// Whether a file is a model directory in one file; `init` says of one that is broken what is wrong.
    public static func isPack(_ path: String) -> Bool {
        guard ModelPack.isHeld(by: path), let file = try? SafetensorsFile(path: path) else { return false }
        return file.metadata["format"] == ModelPack.format
    }

    /// The bytes of a small file beside the weights, such as a tokenizer's; nil if there is none of the name.
    public func smallFile(_ name: String) throws(CheckpointError) -> [UInt8]? {
        switch form {
        case .directory: try ModelDirectory.smallFile("\(path)/\(name)").map { [UInt8]($0) }
        case .pack: try (opened as? ModelPack)?.contents(name)
        case .fairseq: nil
        }
    }

    /// Its tensors, by transformers' names.
    public func openWeights() throws(CheckpointError) -> any TensorSource {
        if let opened { return opened }
        return try openModelWeights(directory: path)
    }

    /// The path of fairseq's dictionary: beside the checkpoint.
    public var dictionaryPath: String? {
        dictionaryName.map { (parent(of: path) as NSString).appendingPathComponent($0) }
    }
}
