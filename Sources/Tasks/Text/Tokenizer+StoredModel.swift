package import Checkpoints
package import Text

extension Tokenizer {
    /// The tokenizer of a stored model of text.
    package init(of model: StoredModel) throws {
        try self.init(of: model.path) { name throws(TextError) in
            do throws(CheckpointError) {
                return try model.smallFile(name)
            } catch {
                throw TextError("\(error)")
            }
        }
    }

    /// The tokenizer of a pack, or of a directory, which may hold nothing else.
    package init(model path: String) throws {
        if StoredModel.isPack(path) {
            try self.init(of: StoredModel(path: path))
        } else {
            try self.init(directory: path)
        }
    }
}
