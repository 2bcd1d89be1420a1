internal import Collectives
package import Decoding
internal import JSON
internal import Program
package import Session
package import Tensors
package import Text

/// How well a search over texts recognised what the likeliest tokens did, too.
package struct SearchedErrors: Sendable, Equatable {
    /// Errors in words.
    package var words = ErrorRate()
    /// Errors in characters.
    package var characters = ErrorRate()
    /// Seconds that all ranks together searched.
    package var seconds = 0.0

    /// The fields of an `eval` event.
    var fields: [(String, JSONValue)] {
        [
            ("beam_wer", .number(words.rate)), ("beam_cer", .number(characters.rate)),
            ("beam_words", words.json), ("beam_characters", characters.json),
            ("beam_seconds", .number(seconds)),
        ]
    }

    fileprivate mutating func add(_ logits: Tensor, reference: String, by decoder: BeamDecoder) {
        let start = monotonicSeconds()
        let text = decoder.transcriptions(of: logits).first?.text ?? ""
        seconds += monotonicSeconds() - start
        words.addWords(reference: reference, hypothesis: text)
        characters.addCharacters(reference: reference, hypothesis: text)
    }

    fileprivate mutating func sum(over communicator: any Communicator) throws {
        var counts = words.counts + characters.counts
        try communicator.allReduceSum(&counts)
        words = ErrorRate(counts: Array(counts[0..<4]))
        characters = ErrorRate(counts: Array(counts[4..<8]))
        var sums = [seconds]
        try communicator.allReduceSum(&sums)
        seconds = sums[0]
    }
}

extension Evaluator {
    /// Recognises a dataset on all ranks by the likeliest tokens, and searches the same logits where there is a decoder.
    ///
    /// - Throws: As `evaluate` does without a search.
    package func evaluate(
        _ data: SpeechDataset, searchedBy decoder: BeamDecoder?, parameters: ParameterViews, session: Session,
        arena: inout Arena
    ) throws -> (result: EvaluationResult, hypotheses: [Hypothesis]) {
        guard let decoder else {
            return try evaluate(data, parameters: parameters, session: session, arena: &arena)
        }
        var searched = SearchedErrors()
        var evaluator = self
        evaluator.recognizer = { item, logits in
            searched.add(logits, reference: data.references[item], by: decoder)
            return nil
        }
        var (result, hypotheses) = try evaluator.evaluate(
            data, parameters: parameters, session: session, arena: &arena)
        try searched.sum(over: session.communicator)
        result.searched = searched
        return (result, hypotheses)
    }
}
