internal import Kernels
internal import Tensors

/// From the token that summarises an example to its logits: projection, tanh, dropout, classifier.
///
/// BERT pools its first token, XLNet summarises its last, after another dropout.
struct SequenceHead: Sendable {
    /// The position of the summarising token.
    enum Place: Sendable {
        case first
        case last
    }

    let summary: LinearLayer
    let classifier: LinearLayer
    private let place: Place
    /// The layer number of the dropout before the summary; nil if there is none.
    private let inputDropoutLayer: Int?

    /// What backward needs.
    struct Saved {
        let rows: [Int]
        let pass: Pass
        /// (examples, hidden size): before the projection, after tanh, and after dropout.
        let selected, pooled, dropped: Tensor
    }

    /// BERT's head.
    init(_ configuration: BertConfiguration, extras: PrunableExtras, in layout: inout ParameterLayout) {
        self.init(
            ("bert.pooler.dense", "classifier"), place: .first, inputDropoutLayer: nil,
            size: configuration.hiddenSize, labelCount: configuration.labelCount,
            deviation: configuration.initializerRange, extras: extras, in: &layout)
    }

    /// XLNet's head.
    init(_ configuration: XLNetConfiguration, extras: PrunableExtras, in layout: inout ParameterLayout) {
        self.init(
            ("sequence_summary.summary", "logits_proj"), place: .last,
            inputDropoutLayer: configuration.layerCount, size: configuration.hiddenSize,
            labelCount: configuration.labelCount, deviation: configuration.initializerRange,
            extras: extras, in: &layout)
    }

    private init(
        _ names: (summary: String, classifier: String), place: Place, inputDropoutLayer: Int?, size: Int,
        labelCount: Int, deviation: Float, extras: PrunableExtras, in layout: inout ParameterLayout
    ) {
        let initializer = Initializer.normal(deviation: Double(deviation))
        summary = LinearLayer(
            names.summary, inputs: size, outputs: size, role: extras.role(.pooler), initializer: initializer,
            in: &layout)
        classifier = LinearLayer(
            names.classifier, inputs: size, outputs: labelCount, initializer: initializer, in: &layout)
        self.place = place
        self.inputDropoutLayer = inputDropoutLayer
    }

    /// Computes (examples, labels) from (tokens, hidden size), in float32 whatever the blocks' precision.
    func forward(
        _ frames: Tensor, batch: TokenBatch, pass: Pass, arena: inout Arena
    ) -> (logits: Tensor, saved: Saved) {
        let rows = place == .first ? batch.firstRows : batch.lastRows
        // One row per example: dropout is counted from the example's own start.
        let rowPass = Pass(
            parameters: pass.parameters, packing: PackedRows(lengths: rows.map { _ in 1 }), noise: pass.noise)
        let selected = arena.tensor(rows: rows.count, columns: frames.columns)
        gatherRows(Matrix(frames), rows, into: selected)
        if let dropout = inputDropout(rowPass) { dropoutForward(selected, dropout, into: selected) }
        let pooled = arena.tensor(like: selected)
        summary.forward(Matrix(selected), pass: rowPass, arena: &arena, into: Matrix(pooled))
        tanhForward(pooled)
        var dropped = pooled
        if let dropout = classifierDropout(rowPass) {
            dropped = arena.tensor(like: pooled)
            dropoutForward(pooled, dropout, into: dropped)
        }
        let logits = arena.tensor(rows: rows.count, columns: classifier.outputs)
        classifier.forward(Matrix(dropped), pass: rowPass, arena: &arena, into: Matrix(logits))
        let saved = Saved(rows: rows, pass: rowPass, selected: selected, pooled: pooled, dropped: dropped)
        return (logits, saved)
    }

    /// Accumulates only the classifier's gradients.
    func backwardClassifier(_ dLogits: Tensor, saved: Saved, arena: inout Arena) {
        classifier.backward(
            Matrix(dLogits), input: Matrix(saved.dropped), pass: saved.pass, arena: &arena, into: nil)
    }

    /// Accumulates the gradients of both layers, and adds to those of the tokens.
    func backward(_ dLogits: Tensor, saved: Saved, arena: inout Arena, addingTo dFrames: Tensor) {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let dPooled = arena.tensor(like: saved.pooled)
        classifier.backward(
            Matrix(dLogits), input: Matrix(saved.dropped), pass: saved.pass, arena: &arena,
            into: Matrix(dPooled))
        if let dropout = classifierDropout(saved.pass) { dropoutBackward(dPooled, dropout, into: dPooled) }
        tanhBackward(dPooled, output: saved.pooled, into: dPooled)
        let dSelected = arena.tensor(like: dPooled)
        summary.backward(
            Matrix(dPooled), input: Matrix(saved.selected), pass: saved.pass, arena: &arena,
            into: Matrix(dSelected))
        if let dropout = inputDropout(saved.pass) { dropoutBackward(dSelected, dropout, into: dSelected) }
        addRows(dSelected, to: saved.rows, of: dFrames)
    }

    private func inputDropout(_ pass: Pass) -> Dropout? {
        inputDropoutLayer.flatMap { pass.dropout(\.hiddenDropout, .outputDropout, layer: $0) }
    }

    private func classifierDropout(_ pass: Pass) -> Dropout? { pass.dropout(\.finalDropout, .headDropout) }
}
