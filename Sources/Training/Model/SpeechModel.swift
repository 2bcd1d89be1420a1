internal import Checkpoints
public import Collectives
internal import Foundation
public import Models
public import Tensors
public import Text

/// A model directory in memory: the network's shape, its weights, its vocabulary and how it wants its audio.
public struct SpeechModel: ~Copyable {
    /// The network.
    public let network: Wav2Vec2
    /// Tokens, blank and case.
    public let vocabulary: Vocabulary
    /// How audio is prepared.
    public let preprocessor: PreprocessorConfig
    /// Where it was read from.
    public let directory: ModelDirectory
    /// Weights, and room for gradients and moments if it is to be trained.
    public var store: ParameterStore
    /// Whether the head is fresh, because the file had none.
    public let hasFreshHead: Bool
}
