internal import Checkpoints
internal import JSON
package import Tensors
internal import Text
package import Training

extension TextDataset {
    /// A hash of the examples as the model reads them, in order, wherever they are stored.
    package var contentHash: ContentHash {
        var hash = ContentHash(
            texts: examples.lazy.map { "\($0.id)\n\($0.text)\n\($0.textPair ?? "")\n\($0.label ?? "")" })
        for text in encoded { hash.combine([UInt64(text.ids.count)] + text.ids.map { UInt64($0) }) }
        return hash
    }

    /// The examples as all ranks must see them.
    package func sharedInput(_ path: String) -> SharedInput {
        SharedInput(path, "\(examples.count) examples, hash \(contentHash)")
    }
}

extension TextInputs {
    /// The content of a run of this model on these data.
    var content: RunContent {
        var content = RunContent()
        content.add("model.path", ContentHash(texts: [model.source.config.line]))
        content.add("data.train", train.dataset.contentHash)
        content.add("data.valid", valid.dataset.contentHash)
        return content
    }
}
