public import Tensors

/// A network that stored weights can be read into, whatever it computes.
public protocol Network: Sendable {
    /// Names and places of all parameters, in the order of the forward pass.
    var layout: ParameterLayout { get }
    /// The parameters of the head, which a pre-trained model lacks, and of which another vocabulary or other labels
    /// have another number.
    var headSlots: [ParameterSlot] { get }
    /// Other parameters that a file may lack.
    var optionalSlots: [ParameterSlot] { get }
}

extension Wav2Vec2: Network {
    /// The embedding of masked frames, which transformers leaves out of models that never mask.
    public var optionalSlots: [ParameterSlot] { [maskEmbeddingSlot] }
}

extension SequenceClassifier: Network {}
