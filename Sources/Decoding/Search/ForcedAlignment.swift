public import Tensors

/// Where a token of a known text is heard.
public struct TokenSpan: Sendable, Equatable {
    /// The token.
    public let token: Int
    /// The frames in which it is spoken, not those of the blanks around it.
    public let frames: Range<Int>
    /// The mean probability that the model gives the token there.
    public let confidence: Float
}

/// The likeliest path through frames that gives a text (Viterbi on the CTC trellis; Graves et al., 2006,
/// section 4.1).
///
/// - Parameters:
///   - logits: (frames, tokens).
///   - tokens: The text, blanks not among them.
/// - Returns: A span of each token, in order, and ln of the path's probability; nil if there are too few
///   frames, or the text
///   cannot be.
public func forcedAlignment(
    _ logits: Tensor, tokens: [Int], blank: Int
) -> (spans: [TokenSpan], logProbability: Double)? {
    precondition(tokens.allSatisfy { (0..<logits.columns).contains($0) && $0 != blank }, "tokens of the text")
    // Blanks before, between and behind: state 2i + 1 is token i.
    let states = 2 * tokens.count + 1
    func token(_ state: Int) -> Int { state % 2 == 0 ? blank : tokens[state / 2] }
    var scores = [Float](repeating: -.infinity, count: states)
    var before = scores
    // How many states each step went on: 0, 1 or 2, two bits each would do.
    var steps = [UInt8](repeating: 0, count: logits.rows * states)
    var offset = 0.0
    for frame in 0..<logits.rows {
        let row = logits.rows(frame..<frame + 1)
        let normalizer = logNormalizer(row)
        swap(&scores, &before)
        // What can still reach the end, and be reached from the start.
        let first = max(0, states - 2 * (logits.rows - frame))
        let last = min(states - 1, 2 * frame + 1)
        var best = -Float.infinity
        for state in 0..<states { scores[state] = -.infinity }
        for state in stride(from: first, through: last, by: 1) {
            var (from, step) = frame == 0 ? (state < 2 ? 0 : -Float.infinity, UInt8(0)) : (before[state], 0)
            if frame > 0 {
                if state > 0 && before[state - 1] > from { (from, step) = (before[state - 1], 1) }
                let skips = state > 1 && state % 2 == 1 && token(state) != token(state - 2)
                if skips && before[state - 2] > from { (from, step) = (before[state - 2], 2) }
            }
            scores[state] = from + row[token(state)] - normalizer
            steps[frame * states + state] = step
            best = max(best, scores[state])
        }
        guard best > -.infinity else { return nil }
        for state in stride(from: first, through: last, by: 1) { scores[state] -= best }
        offset += Double(best)
    }
    guard logits.rows > 0 else { return tokens.isEmpty ? ([], 0) : nil }
    var state = states > 1 && scores[states - 2] > scores[states - 1] ? states - 2 : states - 1
    let total = offset + Double(scores[state])
    guard total > -.infinity else { return nil }
    var frames = [Range<Int>](repeating: 0..<0, count: tokens.count)
    for frame in stride(from: logits.rows - 1, through: 0, by: -1) {
        if state % 2 == 1 {
            let end = frames[state / 2].isEmpty ? frame + 1 : frames[state / 2].upperBound
            frames[state / 2] = frame..<end
        }
        state -= Int(steps[frame * states + state])
    }
    let spans = zip(tokens, frames).map { token, frames in
        TokenSpan(token: token, frames: frames, confidence: meanProbability(logits, token, frames))
    }
    return (spans, total)
}

private func meanProbability(_ logits: Tensor, _ token: Int, _ frames: Range<Int>) -> Float {
    let sum = frames.reduce(Float(0)) { sum, frame in
        let row = logits.rows(frame..<frame + 1)
        return sum + exponential(row[token] - logNormalizer(row))
    }
    return sum / Float(max(1, frames.count))
}

/// ln Σ exp of a row.
func logNormalizer(_ row: Tensor) -> Float {
    let maximum = row.buffer.reduce(-Float.infinity, max)
    let sum = row.buffer.reduce(Float(0)) { $0 + exponential($1 - maximum) }
    return maximum + logarithm(sum)
}
