internal import Checkpoints
internal import JSON
package import Speech
internal import Tensors
internal import Text
package import Training

extension Manifest {
    /// The manifest as all ranks must see it, whatever its format: the same utterances in the same order.
    package var sharedInput: SharedInput {
        let hash = ContentHash(
            texts: utterances.lazy.map { utterance in
                let segment = utterance.segment.map { "\($0.lowerBound) \($0.upperBound)" } ?? ""
                // Only the file's name: nodes may mount their copies elsewhere.
                let file = utterance.audioPath.utf8.split(separator: UInt8(ascii: "/")).last
                return [
                    utterance.id, file.map { String(Substring($0)) } ?? "", segment, utterance.text,
                    utterance.phones ?? "",
                    utterance.language ?? "", utterance.speaker ?? "",
                ].joined(separator: "\n")
            })
        return SharedInput(path, "\(utterances.count) utterances, hash \(hash)")
    }
}

extension SpeechDataset {
    /// A hash of all audio and texts, wherever they are stored.
    var contentHash: ContentHash {
        var hash = ContentHash(texts: utterances.lazy.map { "\($0.id)\n\($0.language ?? "")" })
        hash.combine(references.map(textHash))
        hash.combine(audioHashes)
        for target in targets { hash.combine([UInt64(target.count)] + target.map { UInt64($0) }) }
        return hash
    }
}

extension SpeechModel {
    /// The tokens as all ranks must have them, made from a manifest if the model has none.
    func sharedVocabulary(madeOf manifest: String) -> SharedInput {
        SharedInput(
            "vocabulary of \(source.path) and \(manifest)",
            "\(vocabulary.size) tokens, hash \(ContentHash(texts: vocabulary.tokens))")
    }

    /// The content of a run of this model on these data.
    func content(train: SpeechDataset, valid: SpeechDataset) -> RunContent {
        var content = RunContent()
        content.add("model.path", ContentHash(texts: [source.config.line]))
        content.add("model.vocabulary", ContentHash(texts: vocabulary.tokens))
        content.add("data.train", train.contentHash)
        content.add("data.valid", valid.contentHash)
        return content
    }
}

extension PretrainingModel {
    /// The content of a run of this model on these data.
    func content(train: SpeechDataset, valid: SpeechDataset) -> RunContent {
        var content = RunContent()
        content.add("model.path", ContentHash(texts: [config.line]))
        content.add("data.train", train.contentHash)
        content.add("data.valid", valid.contentHash)
        return content
    }
}
