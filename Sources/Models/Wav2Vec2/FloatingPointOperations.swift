/// Floating-point operations of matrix products and convolutions, counting a multiply-add as two.
public struct FloatingPointOperations: Sendable, Hashable {
    /// The feature encoder, forward.
    public var featureEncoder = 0.0
    /// Everything after it, forward.
    public var forward = 0.0
    /// Everything after it, backward, with respect to inputs and weights.
    ///
    /// What is recomputed to save memory counts once.
    public var backward = 0.0

    /// No operations.
    public init() {}

    /// The operations of a pass over an utterance: forward, and backward of what is trained.
    ///
    /// - Parameters:
    ///   - hasFeatures: Whether a frozen feature encoder's output is cached, and so costs nothing.
    ///   - recomputing: Whether backward recomputes blocks.
    public func inPass(
        training trained: TrainableParameters, hasFeatures: Bool, recomputing: Bool = false
    ) -> Double {
        let encoder = hasFeatures ? 0 : featureEncoder * (trained == .everything ? 3 : 1)
        guard trained != .headOnly else { return encoder + forward }
        return encoder + forward * (recomputing ? 2 : 1) + backward
    }
}

extension Wav2Vec2Configuration {
    /// The cost of an utterance with this many samples in an update with a frozen feature encoder.
    public func operations(samples: Int) -> FloatingPointOperations {
        var operations = FloatingPointOperations()
        var (length, inputs) = (samples, 1)
        for index in convolutionChannels.indices {
            let kernel = convolutionKernels[index]
            length = length < kernel ? 0 : (length - kernel) / convolutionStrides[index] + 1
            operations.featureEncoder +=
                2 * Double(length * convolutionChannels[index]) * Double(kernel * inputs)
            inputs = convolutionChannels[index]
        }
        let (frames, hidden) = (Double(length), Double(hiddenSize))
        let projection = hidden * Double(inputs)
        let positional = hidden * hidden / Double(positionalGroups) * Double(positionalKernel)
        let block = 4 * hidden * hidden + 2 * hidden * Double(intermediateSize)
        let weights = projection + positional + Double(layerCount) * block + hidden * Double(vocabularySize)
        let attention = Double(layerCount) * 2 * frames * hidden
        operations.forward = 2 * frames * (weights + attention)
        operations.backward = 2 * operations.forward
        return operations
    }
}
