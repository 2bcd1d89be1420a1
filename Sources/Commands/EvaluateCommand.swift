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

/// Recognises a manifest on all ranks and prints word and character error rates.
///
/// - Throws: On all ranks alike, for exit code 85, if one of them was asked to stop.
func runEvaluation(_ options: Evaluate, session: Session) throws {
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

private func evaluate(_ options: Evaluate, session: Session) throws {
    setMathThreads(options.inference.threads.count)
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
    try session.together { try requireNew(options.errors) }
    let ready = try ReadyModel(options.model, options, session: session)
    if options.calibrate { return try ready.calibrate(options, session: session) }
    if options.tune { return try ready.tune(options, session: session) }
    let measured = try ready.measure(options, session: session)
    let rival = try options.against.map { path in
        try ReadyModel(path, options, session: session).measure(options, session: session)
    }
    try session.together {
        guard session.isRoot else { return }
        let report = try EvaluationReport(measured, against: rival, resampling: options.resample)
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
