internal import Decoding
internal import Kernels
internal import Models
internal import Program
internal import Pruning
internal import Recipe
internal import Session
internal import Speech
internal import Tasks
internal import Tensors
internal import Text
internal import Training

/// How a model recognised a corpus.
struct MeasuredModel {
    /// Its path.
    let path: String
    let checked: DatasetCheck
    let result: EvaluationResult
    /// In corpus order; on rank 0.
    let hypotheses: [Hypothesis]
    /// The share of zeros among the prunable weights.
    let sparsity: Double
    let seconds: Double

    /// References and hypotheses, utterance by utterance.
    var judged: [JudgedUtterance] {
        hypotheses.map { hypothesis in
            JudgedUtterance(
                checked.dataset.utterances[hypothesis.item],
                reference: checked.dataset.references[hypothesis.item], hypothesis: hypothesis.text)
        }
    }
}

/// A loaded model and the corpus to evaluate it on.
struct ReadyModel: ~Copyable {
    private let path: String
    private let model: SpeechModel
    private let store: ParameterStore
    private let checked: DatasetCheck
    private let decoder: BeamDecoder?

    /// Reads the model, and checks the corpus against it, on all ranks.
    init(_ path: String, _ options: Evaluate, session: Session) throws {
        let model = try session.together {
            try SpeechModel.fineTuned(path: path, phones: options.labels == .phones)
        }
        let store = ParameterStore(layout: model.network.layout, training: false)
        try session.together { try model.loadWeights(into: store.values.all, seed: 0) }
        let checked = try DatasetChecker(
            model: model, labels: options.labels, preparation: options.text.preparation,
            policy: options.skipBadUtterances ? .skip : .refuse, needsAlignment: false,
            remedy: "--skip-bad-utterances"
        ).check(options.data, session: session)
        try session.requireSame([SharedInput(path, "weights of hash \(contentHash(store.values.all))")])
        decoder = try options.decoding.options.decoder(for: model, session: session)
        self.path = path
        self.model = model
        self.checked = checked
        self.store = store
    }

    /// Searches the language model's weights.
    func tune(_ options: Evaluate, session: Session) throws {
        var arena = Arena()
        try runTuning(
            options, model, checked.dataset, decoder, parameters: store.views, arena: &arena,
            session: session)
    }

    /// Fits confidences to the corpus.
    func calibrate(_ options: Evaluate, session: Session) throws {
        var arena = Arena()
        try runCalibration(
            options, model, checked.dataset, decoder, parameters: store.views, arena: &arena,
            session: session)
    }

    /// Recognises the corpus on all ranks.
    func measure(_ options: Evaluate, session: Session) throws -> MeasuredModel {
        let sparse = try SparseWeights.forInference(
            store, isWanted: !options.inference.dense, session: session)
        var arena = Arena()
        var evaluator = Evaluator(
            model: model.network, vocabulary: model.vocabulary, rankSeconds: options.rankSeconds)
        evaluator.recognizer = decoder.map { decoder in
            { _, logits in decoder.transcriptions(of: logits, count: options.decoding.nbest) }
        }
        let start = monotonicSeconds()
        let (result, hypotheses) = try evaluator.evaluate(
            checked.dataset, parameters: store.views.multiplying(sparse), session: session, arena: &arena)
        return MeasuredModel(
            path: path, checked: checked, result: result, hypotheses: hypotheses,
            sparsity: PrunablePool(model.network.layout).sparsity(of: store.values.all),
            seconds: monotonicSeconds() - start)
    }
}
