public import Tensors

/// The span of a token of a known text.
public struct TokenSpan: Sendable, Equatable {
    /// The token.
    public let token: Int
    /// The frames in which it is spoken, without the blanks around it.
    public let frames: Range<Int>
    /// The mean probability that the model gives the token there.
    public let confidence: Float

    /// A span.
    public init(token: Int, frames: Range<Int>, confidence: Float) {
        self.token = token
        self.frames = frames
        self.confidence = confidence
    }
}

/// The likeliest path through frames that gives a text (Viterbi on the CTC trellis; Graves et al., 2006, section 4.1).
///
/// For texts of more than 255 tokens only a window of states around the likeliest is followed, so that memory
/// is 128 bytes per frame.
///
/// - Parameters:
///   - logits: (frames, tokens).
///   - tokens: The text, without blanks.
/// - Returns: A span of each token, in order, and ln of the path's probability; nil if there are too few
///   frames, or the text is impossible.
public func forcedAlignment(
    _ logits: Tensor, tokens: [Int], blank: Int
) -> (spans: [TokenSpan], logProbability: Double)? {
    precondition(tokens.allSatisfy { (0..<logits.columns).contains($0) && $0 != blank }, "tokens of the text")
    guard logits.rows > 0 else { return tokens.isEmpty ? ([], 0) : nil }
    var trellis = AlignmentTrellis(tokens: tokens, blank: blank, frames: logits.rows)
    for frame in 0..<logits.rows {
        guard trellis.advance(logits.rows(frame..<frame + 1)) else { return nil }
    }
    guard let (frames, logProbability) = trellis.path() else { return nil }
    let spans = zip(tokens, frames).map { token, frames in
        TokenSpan(token: token, frames: frames, confidence: meanProbability(logits, token, frames))
    }
    return (spans, logProbability)
}

/// The states of an alignment: blanks before, between and after the tokens, state 2i + 1 being token i.
private struct AlignmentTrellis {
    /// The most states that are followed at once.
    private static let window = 512

    private let tokens: [Int]
    private let blank: Int
    private let frames: Int
    private let states: Int
    private let width: Int
    private var frame = 0
    /// The first state of the window at each frame.
    private var starts: [Int] = []
    /// For each state of the windows, how many states its best path advanced: 0, 1 or 2, in two bits.
    private var steps: [UInt8]
    private var scores: [Float]
    private var before: [Float]
    private var best = 0
    /// What was subtracted from the scores.
    private var offset = 0.0

    init(tokens: [Int], blank: Int, frames: Int) {
        self.tokens = tokens
        self.blank = blank
        self.frames = frames
        states = 2 * tokens.count + 1
        width = min(states, Self.window)
        steps = [UInt8](repeating: 0, count: (frames * width + 3) / 4)
        scores = [Float](repeating: -.infinity, count: width)
        before = scores
        starts.reserveCapacity(frames)
    }

    private func token(_ state: Int) -> Int { state % 2 == 0 ? blank : tokens[state / 2] }

    private func skips(to state: Int) -> Bool {
        state > 1 && state % 2 == 1 && token(state) != token(state - 2)
    }

    /// Adds a frame; false if the text has become impossible.
    mutating func advance(_ row: Tensor) -> Bool {
        let normalizer = logNormalizer(row)
        swap(&scores, &before)
        let previousStart = starts.last ?? 0
        // What can still reach the end.
        let needed = states - 2 * (frames - frame)
        let start = min(states - width, max(previousStart, needed, best - width / 2))
        func earlier(_ state: Int) -> Float {
            let place = state - previousStart
            return place >= 0 && place < width ? before[place] : -.infinity
        }
        var highest = -Float.infinity
        for place in 0..<width {
            let state = start + place
            var (from, step) = frame == 0 ? (state < 2 ? 0 : -Float.infinity, UInt8(0)) : (earlier(state), 0)
            if frame > 0 {
                let one = earlier(state - 1)
                if one > from { (from, step) = (one, 1) }
                if skips(to: state) {
                    let two = earlier(state - 2)
                    if two > from { (from, step) = (two, 2) }
                }
            }
            scores[place] = from + row[token(state)] - normalizer
            if scores[place] > highest { (highest, best) = (scores[place], state) }
            let index = frame * width + place
            steps[index >> 2] |= step << UInt8(2 * (index & 3))
        }
        starts.append(start)
        frame += 1
        guard highest > -.infinity else { return false }
        for place in 0..<width { scores[place] -= highest }
        offset += Double(highest)
        return true
    }

    /// The frames of each token on the best path to the end, and ln of its probability.
    func path() -> (frames: [Range<Int>], logProbability: Double)? {
        let last = width - 1
        // The last state is in the window of the last frame, since only states that reach it are followed.
        var state = width > 1 && scores[last - 1] > scores[last] ? states - 2 : states - 1
        let score = scores[state - (states - width)]
        guard score > -.infinity else { return nil }
        var spans = [Range<Int>](repeating: 0..<0, count: tokens.count)
        for frame in stride(from: frames - 1, through: 0, by: -1) {
            if state % 2 == 1 {
                let end = spans[state / 2].isEmpty ? frame + 1 : spans[state / 2].upperBound
                spans[state / 2] = frame..<end
            }
            let index = frame * width + state - starts[frame]
            state -= Int(steps[index >> 2] >> UInt8(2 * (index & 3)) & 3)
        }
        return (spans, offset + Double(score))
    }
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
