internal import Checkpoints
internal import Decoding
internal import Foundation
internal import JSON
internal import Kernels
internal import Models
internal import Program
internal import Pruning
internal import Recipe
internal import Session
internal import Speech
internal import Studies
internal import Tasks
internal import Tensors
internal import Text
internal import Training

/// Options of `parp evaluate`.
struct EvaluateOptions: Sendable {
    /// The model directory.
    var model: String
    /// The manifest.
    var data: String
    /// The units of transcripts: `letters` or `phones`.
    var labels: String
    /// What is done to transcripts.
    var text: TextPreparation
    /// Whether unusable utterances are left out instead of refused.
    var skipsBadUtterances: Bool
    /// Seconds of audio that a rank holds at once.
    var rankSeconds: Double
    /// Threads per rank.
    var threads: Int
    /// Whether to print one JSON object instead of a table.
    var json: Bool
    /// For text models: tokens to truncate a text to; 0 truncates nothing.
    var maximumTokens = 0
    /// For text models: a safetensors file to write the logits to.
    var emitLogits: String?
    /// Whether zero weights are multiplied like all others.
    var dense = false
    /// How logits become text.
    var decoding: DecodingOptions
    /// Whether to search the language model's weights instead of using them.
    var tunes: Bool
    /// Whether confidences of words are fitted to how often these are right.
    var calibrates = false
    /// A file to write where the model errs.
    var errors: String?
    /// Another model to compare with.
    var against: String?
    /// The unit that intervals resample.
    var resampled = ResampledUnit.utterances

    /// What to evaluate, and how to report it.
    init(
        model: String, data: String, labels: String = "letters", text: TextPreparation = TextPreparation(),
        skipsBadUtterances: Bool = false, rankSeconds: Double = 60, threads: Int = 1, json: Bool = false,
        decoding: DecodingOptions = DecodingOptions(), tunes: Bool = false
    ) {
        self.model = model
        self.data = data
        self.labels = labels
        self.text = text
        self.skipsBadUtterances = skipsBadUtterances
        self.rankSeconds = rankSeconds
        self.threads = threads
        self.json = json
        self.decoding = decoding
        self.tunes = tunes
    }
}

/// Recognises a manifest on all ranks and prints word and character error rates.
///
/// - Throws: On all ranks alike, for exit code 85, if one of them was asked to stop.
func runEvaluation(_ options: EvaluateOptions, session: Session) throws {
    do {
        try evaluate(options, session: session)
    } catch is EvaluationInterrupted {
        throw CollectiveFailure.interruptedEvaluation
    } catch let failure as CollectiveFailure where failure.exitCode == ExitCode.interrupted.rawValue {
        throw CollectiveFailure.interruptedEvaluation
    }
}

extension CollectiveFailure {
    fileprivate static var interruptedEvaluation: CollectiveFailure {
        CollectiveFailure(.interrupted, "interrupted: nothing was measured; run it again")
    }
}

private func evaluate(_ options: EvaluateOptions, session: Session) throws {
    setMathThreads(options.threads)
    try session.requireSameProgram()
    try session.requireSame(SharedInput.model(options.model))
    if try session.together({ try StoredModel(path: options.model).isText }) {
        return try runTextEvaluation(options, session: session)
    }
    guard options.emitLogits == nil else {
        throw UserError(
            .usage,
            "--emit-logits is for text models; for speech, `parp transcribe --emit-logits` writes them")
    }
    let (labels, preparation) = try session.together {
        try requireNew(options.errors)
        guard let labels = Manifest.Labels(rawValue: options.labels) else {
            throw UserError(
                .usage, "--labels is \(options.labels); it must be \(Manifest.Labels.expectation)")
        }
        return (labels, options.text)
    }
    let ready = try ReadyModel(options.model, options, labels, preparation, session: session)
    if options.calibrates { return try ready.calibrate(options, session: session) }
    if options.tunes { return try ready.tune(options, session: session) }
    let measured = try ready.measure(options, session: session)
    let rival = try options.against.map { path in
        try ReadyModel(path, options, labels, preparation, session: session)
            .measure(options, session: session)
    }
    try session.together {
        guard session.isRoot else { return }
        let report = try EvaluationReport(measured, against: rival, resampling: options.resampled)
        print(options.json ? report.json : report.table)
        if let path = options.errors { try writeErrors(report.judged, to: path) }
    }
}

/// Writes the error analysis to a new file.
private func writeErrors(_ judged: [JudgedUtterance], to path: String) throws {
    try requireNew(path)
    try AtomicFile.write(Data(ErrorReport(judged).text.utf8), to: path)
}

/// Refuses to replace a file, before any long work.
private func requireNew(_ path: String?) throws {
    guard let path, FileManager.default.fileExists(atPath: path) else { return }
    throw UserError(.usage, "\(path) exists; nothing is replaced. Move it away, or name another file")
}
