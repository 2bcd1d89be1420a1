internal import Kernels
public import Tensors

/// BERT with the masked-token head, whose decoder is the token embedding (Devlin et al., 2019, section 3.1).
public struct BertMaskedLanguageModel: Sendable {
    /// The model's shape.
    public let configuration: BertConfiguration
    /// Names and offsets of all parameters, in forward order.
    public let layout: ParameterLayout
    private let encoder: BertEncoder
    private let transform: LinearLayer
    private let layerNorm: LayerNormLayer
    private let bias: ParameterSlot

    /// Lays out a model of this shape.
    public init(_ configuration: BertConfiguration, extras: PrunableExtras = []) {
        self.configuration = configuration
        var layout = ParameterLayout()
        let size = configuration.hiddenSize
        encoder = BertEncoder(configuration, extras: extras, in: &layout)
        transform = LinearLayer(
            "cls.predictions.transform.dense", inputs: size, outputs: size,
            initializer: .normal(deviation: Double(configuration.initializerRange)), in: &layout)
        layerNorm = LayerNormLayer(
            "cls.predictions.transform.LayerNorm", size: size, epsilon: configuration.layerNormEpsilon,
            in: &layout)
        bias = layout.add("cls.predictions.bias", [configuration.vocabularySize])
        self.layout = layout
    }

    /// The model's output for a batch, with what backward needs.
    public struct Output {
        /// (requested rows, vocabulary).
        public let logits: Tensor
        let rows: [Int]
        let encoded: EncodedTokens<BertEncoder>
        /// The rows' context vectors, after the transform, and after its activation and norm.
        let selected, transformed, normed: Tensor
        let layerNorm: LayerNormLayer.Saved
    }

    /// Computes the logits of some tokens of a batch, and keeps what `backward` needs.
    ///
    /// - Parameter rows: Indices of the masked tokens among the packed ones.
    public func forward(
        _ batch: TokenBatch, rows: [Int], parameters: ParameterViews, noise: Noise?, arena: inout Arena
    ) -> Output {
        let pass = Pass(parameters: parameters, packing: batch.packing, noise: noise)
        let encoded = encoder.forward(batch, pass: pass, keeping: .all, arena: &arena)
        // The head always multiplies float32: the loss depends on differences of its logits.
        let selected = arena.tensor(rows: rows.count, columns: encoded.frames.columns)
        gatherRows(Matrix(encoded.frames), rows, into: selected)
        let transformed = arena.tensor(like: selected)
        transform.forward(Matrix(selected), pass: pass, arena: &arena, into: Matrix(transformed))
        let activated = arena.tensor(like: selected)
        geluForward(Matrix(transformed), into: Matrix(activated))
        let normed = arena.tensor(like: selected)
        let normSaved = layerNorm.forward(activated, pass: pass, arena: &arena, into: normed)
        let logits = arena.tensor(rows: rows.count, columns: configuration.vocabularySize)
        linearForward(
            Matrix(normed), weight: Matrix(parameters.value(encoder.tokens)), bias: parameters.value(bias),
            into: Matrix(logits))
        return Output(
            logits: logits, rows: rows, encoded: encoded, selected: selected, transformed: transformed,
            normed: normed, layerNorm: normSaved)
    }

    /// Accumulates the gradients of all parameters; the token embedding's has two parts.
    ///
    /// - Parameters:
    ///   - dLogits: (rows, vocabulary).
    ///   - gradientsFinal: Called with falling offsets: from there to the end of the store, this pass adds
    ///     nothing more.
    public func backward(
        _ dLogits: Tensor, output: Output, arena: inout Arena, gradientsFinal: (Int) -> Void = { _ in }
    ) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let pass = output.encoded.pass
        let parameters = pass.parameters
        let dNormed = arena.tensor(like: output.normed)
        linearBackward(
            Matrix(dLogits), input: Matrix(output.normed), weight: Matrix(parameters.value(encoder.tokens)),
            dWeight: parameters.gradient(encoder.tokens), dBias: parameters.gradient(bias),
            into: Matrix(dNormed))
        let dTransformed = arena.tensor(like: dNormed)
        layerNorm.backward(dNormed, saved: output.layerNorm, pass: pass, into: dTransformed)
        geluBackward(
            Matrix(dTransformed), input: Matrix(output.transformed), into: Matrix(dTransformed))
        transform.backward(
            Matrix(dTransformed), input: Matrix(output.selected), pass: pass, arena: &arena,
            into: Matrix(dNormed))
        gradientsFinal(transform.weight.offset)
        let dFrames = arena.zeros(rows: output.encoded.frames.rows, columns: dNormed.columns)
        addRows(dNormed, to: output.rows, of: dFrames)
        encoder.backward(dFrames, encoded: output.encoded, arena: &arena, gradientsFinal: gradientsFinal)
    }
}
