internal import Kernels
public import Tensors

/// BERT or XLNet with a head that gives one row of logits per example: classes, or one value.
///
/// A value with shapes and offsets; weights, gradients and activations are passed in.
public struct SequenceClassifier: Sendable {
    /// The model's shape.
    public let configuration: TextConfiguration
    /// Names and offsets of all parameters, in forward order.
    public let layout: ParameterLayout
    private let encoder: TextEncoder
    private let head: SequenceHead

    /// Lays out a model of this shape.
    public init(_ configuration: TextConfiguration, extras: PrunableExtras = []) {
        self.configuration = configuration
        var layout = ParameterLayout()
        switch configuration {
        case .bert(let bert):
            encoder = .bert(BertEncoder(bert, extras: extras, in: &layout))
            head = SequenceHead(bert, extras: extras, in: &layout)
        case .xlnet(let xlnet):
            encoder = .xlnet(XLNetEncoder(xlnet, extras: extras, in: &layout))
            head = SequenceHead(xlnet, extras: extras, in: &layout)
        }
        self.layout = layout
    }

    /// What a pre-trained model lacks: the classifier, and the projection before it.
    public var headSlots: [ParameterSlot] { head.summary.slots + head.classifier.slots }

    /// The classifier's parameters, which are re-initialised for other labels.
    public var classifierSlots: [ParameterSlot] { head.classifier.slots }

    /// Parameters that some checkpoints lack and a classifier never reads.
    public var optionalSlots: [ParameterSlot] {
        switch encoder {
        case .bert: []
        case .xlnet(let xlnet): [xlnet.maskEmbedding]
        }
    }

    /// The first trained element of the flat store.
    public func firstTrainableOffset(_ trainable: TrainableParameters) -> Int {
        trainable == .headOnly ? head.classifier.weight.offset : 0
    }

    /// The model's output for a batch, with what backward needs if kept.
    public struct Output {
        /// (examples, labels).
        public let logits: Tensor
        let head: SequenceHead.Saved
        /// Nil if only the head is trained.
        let encoded: TextEncoder.Encoded?
    }

    /// Computes logits for evaluation: no randomness, nothing kept.
    ///
    /// - Returns: (examples, labels).
    public func evaluate(_ batch: TokenBatch, parameters: ParameterViews, arena: inout Arena) -> Tensor {
        forward(batch, parameters: parameters, noise: nil, trainable: .headOnly, arena: &arena).logits
    }

    /// Computes logits and keeps what `backward` needs for the parameters that are trained.
    ///
    /// - Parameter recomputing: Whether backward recomputes the blocks instead of keeping all activations:
    ///   the same bits, less memory.
    public func forward(
        _ batch: TokenBatch, parameters: ParameterViews, noise: Noise?, trainable: TrainableParameters,
        recomputing: Bool = false, arena: inout Arena
    ) -> Output {
        let pass = Pass(parameters: parameters, packing: batch.packing, noise: noise)
        guard trainable != .headOnly else {
            let frames = encoder.infer(batch, pass: pass, arena: &arena)
            let (logits, saved) = head.forward(frames, batch: batch, pass: pass, arena: &arena)
            return Output(logits: logits, head: saved, encoded: nil)
        }
        let encoded = encoder.forward(
            batch, pass: pass, keeping: recomputing ? .blockInputs : .all, arena: &arena)
        let (logits, saved) = head.forward(encoded.frames, batch: batch, pass: pass, arena: &arena)
        return Output(logits: logits, head: saved, encoded: encoded)
    }

    /// Accumulates the gradients of all trained parameters.
    ///
    /// - Parameters:
    ///   - dLogits: (examples, labels).
    ///   - output: What `forward` returned for the same batch; its arena must not have been reset.
    ///   - gradientsFinal: Called with falling offsets: from there to the end of the store, this pass adds
    ///     nothing more.
    public func backward(
        _ dLogits: Tensor, output: Output, arena: inout Arena, gradientsFinal: (Int) -> Void = { _ in }
    ) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        guard let encoded = output.encoded else {
            head.backwardClassifier(dLogits, saved: output.head, arena: &arena)
            gradientsFinal(head.classifier.weight.offset)
            return
        }
        let dFrames = arena.zeros(rows: encoded.frames.rows, columns: encoded.frames.columns)
        head.backward(dLogits, saved: output.head, arena: &arena, addingTo: dFrames)
        gradientsFinal(head.summary.weight.offset)
        encoder.backward(dFrames, encoded: encoded, arena: &arena, gradientsFinal: gradientsFinal)
    }
}

/// The encoder of either model.
enum TextEncoder: Sendable {
    case bert(BertEncoder)
    case xlnet(XLNetEncoder)

    /// An encoder's output for a batch.
    enum Encoded {
        case bert(EncodedTokens<BertEncoder>)
        case xlnet(EncodedTokens<XLNetEncoder>)

        /// (tokens, hidden size), packed.
        var frames: Tensor {
            switch self {
            case .bert(let bert): bert.frames
            case .xlnet(let xlnet): xlnet.frames
            }
        }
    }

    func infer(_ batch: TokenBatch, pass: Pass, arena: inout Arena) -> Tensor {
        switch self {
        case .bert(let bert): bert.infer(batch, pass: pass, arena: &arena)
        case .xlnet(let xlnet): xlnet.infer(batch, pass: pass, arena: &arena)
        }
    }

    func forward(_ batch: TokenBatch, pass: Pass, keeping: KeptActivations, arena: inout Arena) -> Encoded {
        switch self {
        case .bert(let bert): .bert(bert.forward(batch, pass: pass, keeping: keeping, arena: &arena))
        case .xlnet(let xlnet): .xlnet(xlnet.forward(batch, pass: pass, keeping: keeping, arena: &arena))
        }
    }

    func backward(
        _ dFrames: Tensor, encoded: Encoded, arena: inout Arena, gradientsFinal: (Int) -> Void
    ) {
        switch (self, encoded) {
        case (.bert(let encoder), .bert(let encoded)):
            encoder.backward(dFrames, encoded: encoded, arena: &arena, gradientsFinal: gradientsFinal)
        case (.xlnet(let encoder), .xlnet(let encoded)):
            encoder.backward(dFrames, encoded: encoded, arena: &arena, gradientsFinal: gradientsFinal)
        default: preconditionFailure("one model cannot differentiate another's output")
        }
    }
}
