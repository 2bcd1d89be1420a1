internal import Kernels
public import Tensors

/// wav2vec 2.0 with its self-supervised objective (Baevski et al., 2020, section 3.2): to tell the quantised
/// features of each masked frame from those of other masked frames of the utterance.
///
/// A value with shapes and offsets; weights, gradients and activations are passed in. Every term of the
/// loss is a sum over utterances (docs/numerics.md, "Pre-training").
public struct Wav2Vec2Pretraining: Sendable {
    /// The model's shape.
    public let configuration: Wav2Vec2Configuration
    /// The quantiser's shape and the weights of the losses.
    public let objective: PretrainingConfiguration
    /// Names and places of all parameters: those of `Wav2Vec2` without its head, then the objective's.
    public let layout: ParameterLayout
    let backbone: Wav2Vec2Backbone
    let quantizer: VectorQuantizer
    let contextProjection: LinearLayer
    let targetProjection: LinearLayer

    /// Lays out a model of this shape.
    public init(_ configuration: Wav2Vec2Configuration, objective: PretrainingConfiguration) {
        precondition(objective.faults().isEmpty, objective.faults().joined(separator: "; "))
        self.configuration = configuration
        self.objective = objective
        var layout = ParameterLayout()
        backbone = Wav2Vec2Backbone(configuration, in: &layout)
        quantizer = VectorQuantizer(
            "quantizer", inputs: backbone.featureChannels, objective, in: &layout)
        func projection(_ name: String, inputs: Int, _ layout: inout ParameterLayout) -> LinearLayer {
            // PyTorch's default initialisation of linear layers.
            let bound = (1 / Double(inputs)).squareRoot()
            return LinearLayer(
                name, inputs: inputs, outputs: objective.projectionSize,
                initializer: .uniform(-bound...bound), biasInitializer: .uniform(-bound...bound), in: &layout)
        }
        contextProjection = projection("project_hid", inputs: configuration.hiddenSize, &layout)
        targetProjection = projection("project_q", inputs: objective.codevectorSize, &layout)
        self.layout = layout
    }

    /// The first trained element of the flat store: after the feature encoder if no gradient reaches that.
    public var firstTrainableOffset: Int { backbone.firstTrainableOffset(trainable) }

    /// The rows of each utterance's frames in a batch.
    public func framePacking(_ batch: SpeechBatch) -> PackedRows { backbone.framePacking(batch) }

    /// The trained parameters: all, except a feature encoder that no gradient reaches.
    public var trainable: TrainableParameters {
        objective.featureGradientScale == 0 ? .exceptFeatureEncoder : .everything
    }
}
