internal import Decoding
internal import Foundation
internal import JSON
internal import Kernels
internal import Models
internal import Program
internal import Recipe
internal import Session
internal import Speech
internal import Tasks
internal import Tensors
internal import Text

/// Prints when the words of a text are spoken in a recording.
func runAlignment(_ options: Align, session: Session) throws {
    setMathThreads(options.threads.count)
    try session.together {
        guard session.isRoot else { return }
        let model = try SpeechModel.fineTuned(path: options.model)
        var words: [String] = []
        try forEachSentence(of: textSource(options.text)) { words += $0.map(options.textCase.apply) }
        let tokens = try spelled(words, options, model.vocabulary)
        let store = ParameterStore(layout: model.network.layout, training: false)
        try model.loadWeights(into: store.values.all, seed: 0)
        var arena = Arena()
        let logits = try RecordingReader(
            model, parameters: store.views, chunkSeconds: Transcribe.defaultChunkSeconds
        ).logits(
            of: Utterance(
                id: options.audio, audioPath: options.audio, durationSeconds: 0, text: "", origin: ""),
            arena: &arena)
        guard let alignment = forcedAlignment(logits.rows, tokens: tokens, blank: model.vocabulary.blank)
        else {
            throw UserError(
                .data,
                "\(options.audio): the text's \(tokens.count) tokens do not fit into the recording's \(logits.rows.rows) frames; is it the text of this recording?"
            )
        }
        let recognition = Recognition(
            text: words.joined(separator: " "),
            words: timedWords(
                alignment.spans, vocabulary: model.vocabulary, words: words, frameSeconds: model.frameSeconds)
        )
        let written = options.format.written(
            recognition,
            recording: URL(fileURLWithPath: options.audio).deletingPathExtension().lastPathComponent,
            seconds: logits.seconds,
            members: [
                .init("audio_filepath", .string(options.audio)), .init("duration", .number(logits.seconds)),
                .init("log_probability", .number(alignment.logProbability)),
            ])
        print(written, terminator: "")
    }
}

private func spelled(_ words: [String], _ options: Align, _ vocabulary: Vocabulary) throws -> [Int] {
    let (ids, unknown) = vocabulary.tokenize(words.joined(separator: " "))
    guard unknown.isEmpty else {
        let names = unknown.prefix(10).map { "\"\($0)\"" }.joined(separator: ", ")
        throw UserError(
            .data,
            "\(options.text): the model has no token for \(names); remove them from the text, or convert it to the model's case with --text-case"
        )
    }
    guard !ids.isEmpty else { throw UserError(.data, "\(options.text) has no words") }
    return ids
}
