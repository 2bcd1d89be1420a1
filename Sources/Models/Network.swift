public import Tensors

/// A network into which stored weights can be read, whatever it computes.
public protocol Network: Sendable {
    /// Names and offsets of all parameters, in forward order.
    var layout: ParameterLayout { get }
    /// The parameters of the head, which a pre-trained model lacks, and whose size depends on the vocabulary
    /// or labels.
    var headSlots: [ParameterSlot] { get }
    /// Other parameters that a file may lack.
    var optionalSlots: [ParameterSlot] { get }
}

extension Wav2Vec2: Network {
    /// The embedding of masked frames, which transformers leaves out of models that never mask.
    public var optionalSlots: [ParameterSlot] { [maskEmbeddingSlot] }
}

extension SequenceClassifier: Network {}
