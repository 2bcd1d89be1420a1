package import Checkpoints
package import Models
package import Tensors

/// A stored model that can be pruned and written again, whatever it hears or reads.
package enum PrunableModel: Sendable {
    case speech(SpeechModel)
    case text(TextModel)

    /// Reads a model; one without a head gets a fresh one.
    package init(path: String, extras: PrunableExtras = []) throws {
        if try StoredModel(path: path).isText {
            self = .text(try TextModel.toPrune(path: path, extras: extras))
        } else {
            self = .speech(try SpeechModel.toFineTune(path: path, vocabulary: "", training: nil))
        }
    }

    /// Names and places of the parameters.
    package var layout: ParameterLayout {
        switch self {
        case .speech(let model): model.network.layout
        case .text(let model): model.network.layout
        }
    }

    /// Reads the weights; what the file lacks and may lack is drawn afresh.
    package func loadWeights(into values: Tensor, seed: UInt64) throws {
        switch self {
        case .speech(let model): try model.loadWeights(into: values, seed: seed)
        case .text(let model): try model.loadWeights(into: values, seed: seed)
        }
    }

    /// The small files of the model as it is to be written.
    package func files(card: String?) -> ModelFiles {
        switch self {
        case .speech(let model): model.files(card: card)
        case .text(let model): model.files(card: card)
        }
    }
}
