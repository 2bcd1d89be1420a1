public import Text

/// The words of an alignment: tokens between delimiters, or each token if there is no delimiter.
///
/// - Parameters:
///   - spans: The tokens of a text, in order.
///   - words: The words' displayed forms, if other than their spelling; one per word of the text.
///   - frameSeconds: The seconds from one frame to the next.
///   - offset: Seconds before the first frame.
public func timedWords(
    _ spans: [TokenSpan], vocabulary: Vocabulary, words told: [String]? = nil, frameSeconds: Double,
    offset: Double = 0
) -> [TimedWord] {
    let delimiter = vocabulary.delimiterId
    let groups =
        delimiter == nil
        ? spans.map { [$0] } : spans.split { $0.token == delimiter }.map(Array.init)
    return groups.enumerated().compactMap { index, group in
        guard let first = group.first, let last = group.last else { return nil }
        let spelled = vocabulary.decode(tokens: group.map(\.token))
        let isTold = told?.count == groups.count
        let confidence = group.reduce(0) { $0 + Double($1.confidence) } / Double(group.count)
        return TimedWord(
            text: isTold ? told?[index] ?? spelled : spelled,
            start: offset + Double(first.frames.lowerBound) * frameSeconds,
            end: offset + Double(last.frames.upperBound) * frameSeconds, confidence: confidence)
    }
}
