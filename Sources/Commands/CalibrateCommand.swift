internal import Checkpoints
internal import Decoding
internal import Foundation
internal import JSON
internal import Program
internal import Session
internal import Tasks
internal import Tensors
internal import Text

/// Recognises a development set, fits how sure words are said to be to how often they are right, and writes that into the
/// model directory.
func runCalibration(
    _ options: Evaluate, _ model: SpeechModel, _ dataset: SpeechDataset, _ decoder: BeamDecoder?,
    parameters: ParameterViews, arena: inout Arena, session: Session
) throws {
    let place = "\(model.source.path)/\(ConfidenceCalibration.name)"
    try session.together {
        guard model.source.isDirectory else {
            throw UserError(
                .usage, "\(options.model) is no model directory to write into; make one by `parp convert`")
        }
        guard !FileManager.default.fileExists(atPath: place) else {
            throw UserError(.usage, "\(place) exists; nothing is replaced. Take it away to calibrate anew")
        }
    }
    let recognizer = Recognizer(model, decoder, count: 1, timesWords: true, gatesSilence: false)
    var words: [ConfidenceCalibration.Word] = []
    var evaluator = Evaluator(
        model: model.network, vocabulary: model.vocabulary, rankSeconds: options.rankSeconds)
    evaluator.recognizer = { item, logits in
        var running = recognizer.begin()
        running.advance(logits)
        words += judged(running.finish(logits).words, reference: dataset.references[item])
        return nil
    }
    _ = try evaluator.evaluate(dataset, parameters: parameters, session: session, arena: &arena)
    let all = try session.exchange(words).flatMap { $0 }
    try session.together {
        guard session.isRoot else { return }
        guard let calibration = ConfidenceCalibration(fittedTo: all) else {
            throw UserError(
                .data,
                "\(options.data): \(all.count) words were heard in it; \(ConfidenceCalibration.leastWords) at least are "
                    + "needed, and some confidence that tells right ones from wrong ones")
        }
        try calibration.write(into: model.source.path, words: all.count)
        let after = all.map {
            ConfidenceCalibration.Word(
                confidence: calibration.calibrated($0.confidence), isRight: $0.isRight)
        }
        let right = all.count { $0.isRight }
        let (errorBefore, errorAfter) = (
            ConfidenceCalibration.expectedError(all), ConfidenceCalibration.expectedError(after)
        )
        guard !options.json else {
            print(
                JSONValue.object([
                    .init("words", .integer(all.count)), .init("right", .integer(right)),
                    .init("expected_calibration_error_before", .number(errorBefore)),
                    .init("expected_calibration_error_after", .number(errorAfter)),
                    .init("written", .string(place)),
                ]).line)
            return
        }
        print(
            String(
                format:
                    "%d words, %.1f %% of them right: expected calibration error %.3f before, %.3f after; written to %@",
                all.count, 100 * Double(right) / Double(all.count), errorBefore, errorAfter, place))
    }
}

/// Of the words that were heard, which were said.
private func judged(_ heard: [TimedWord], reference: String) -> [ConfidenceCalibration.Word] {
    guard let alignment = aligned(words(reference), heard.map(\.text)) else { return [] }
    let areRight = alignment.compactMap { token -> Bool? in
        switch token {
        case .correct: true
        case .substituted, .inserted: false
        case .deleted: nil
        }
    }
    return zip(heard, areRight).map { .init(confidence: $0.confidence, isRight: $1) }
}
