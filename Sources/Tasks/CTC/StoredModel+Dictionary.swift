package import Checkpoints
internal import Foundation
internal import Program
internal import Speech

extension StoredModel {
    /// Reads a model with its tokens: a fine-tuned fairseq checkpoint's are in the given dictionary, in the
    /// checkpoint itself, or in a dictionary beside it.
    package static func open(_ path: String, dictionary: String? = nil) throws -> StoredModel {
        var model = try StoredModel(path: path)
        if let dictionary {
            guard model.dictionaryName != nil else {
                throw UserError(
                    .usage, "\(path) is no fine-tuned fairseq checkpoint: it needs no dictionary")
            }
            model.tokens = try Manifest.fairseqTokens(dictionary: dictionary)
        } else if model.tokens == nil, let beside = model.dictionaryPath,
            FileManager.default.fileExists(atPath: beside)
        {
            model.tokens = try Manifest.fairseqTokens(dictionary: beside)
        }
        // A dictionary with a word delimiter has letters, whatever its labels are called.
        if model.dictionaryName != nil, model.tokens?.contains("|") == true {
            model.tokenizer = TokenizerConfig()
        }
        return model
    }

    /// The error for a model whose head has no tokens.
    package var withoutTokens: CheckpointError {
        if isText {
            return CheckpointError(path, "is a text model, which cannot hear: use it with `parp classify`")
        }
        guard let dictionaryPath, let dictionaryName else {
            return CheckpointError(path, "has no vocab.json; recognition needs a fine-tuned model")
        }
        return CheckpointError(
            path,
            "was fine-tuned with a dictionary that is not in it: put \(dictionaryName) of its data folder at "
                + "\(dictionaryPath), or name it to `parp convert --dictionary`")
    }
}
