/// Errors of recognised text against what was said, added up over a corpus as jiwer does: (S + D + I) / (S +
/// D + C).
///
/// An empty reference adds its insertions to the errors and nothing to the length.
public struct ErrorRate: Sendable, Equatable, Codable {
    /// Tokens heard as others.
    public var substitutions = 0
    /// Tokens not heard.
    public var deletions = 0
    /// Tokens heard that were not said.
    public var insertions = 0
    /// Tokens heard right.
    public var correct = 0

    /// No text yet.
    public init() {}

    /// Errors of all kinds.
    public var errors: Int { substitutions + deletions + insertions }
    /// Tokens said.
    public var referenceLength: Int { substitutions + deletions + correct }
    /// Errors over tokens said; above 1 where insertions abound.
    ///
    /// Of no tokens, 0 without errors and 1 with.
    public var rate: Double {
        referenceLength > 0 ? Double(errors) / Double(referenceLength) : (errors > 0 ? 1 : 0)
    }

    /// The four counts, to be summed over ranks.
    public var counts: [Int] { [substitutions, deletions, insertions, correct] }

    /// The rate of four counts.
    public init(counts: [Int]) {
        precondition(counts.count == 4, "four counts, not \(counts.count)")
        (substitutions, deletions, insertions, correct) = (counts[0], counts[1], counts[2], counts[3])
    }

    /// Adds the errors of one utterance: those of an alignment with the fewest (Levenshtein, 1966).
    ///
    /// Of alignments with equally many errors, the one with the most substitutions, which is also the one
    /// with most tokens wrong but in place; jiwer's choice can differ in kind, never in number.
    public mutating func add<Token: Equatable>(reference: [Token], hypothesis: [Token]) {
        let (R, H) = (reference.count, hypothesis.count)
        var costs = [Int](repeating: 0, count: (R + 1) * (H + 1))
        for h in 0...H { costs[h] = h }
        for r in 0..<R {
            let (above, row) = (r * (H + 1), (r + 1) * (H + 1))
            costs[row] = r + 1
            for h in 0..<H {
                let replaced = costs[above + h] + (reference[r] == hypothesis[h] ? 0 : 1)
                costs[row + h + 1] = min(replaced, costs[above + h + 1] + 1, costs[row + h] + 1)
            }
        }
        trace(costs, reference, hypothesis)
    }

    private mutating func trace<Token: Equatable>(
        _ costs: [Int], _ reference: [Token], _ hypothesis: [Token]
    ) {
        let width = hypothesis.count + 1
        var (r, h) = (reference.count, hypothesis.count)
        while r > 0 || h > 0 {
            let cost = costs[r * width + h]
            if r > 0 && h > 0 {
                let isEqual = reference[r - 1] == hypothesis[h - 1]
                if cost == costs[(r - 1) * width + h - 1] + (isEqual ? 0 : 1) {
                    if isEqual { correct += 1 } else { substitutions += 1 }
                    r -= 1
                    h -= 1
                    continue
                }
            }
            if r > 0 && cost == costs[(r - 1) * width + h] + 1 {
                deletions += 1
                r -= 1
            } else {
                insertions += 1
                h -= 1
            }
        }
    }

    /// Adds two corpora.
    public static func + (a: ErrorRate, b: ErrorRate) -> ErrorRate {
        ErrorRate(counts: zip(a.counts, b.counts).map(+))
    }
}

/// The words of a text.
public func words(_ text: String) -> [Substring] { text.split(whereSeparator: \.isWhitespace) }

/// The characters of a text, spaces included.
public func characters(_ text: String) -> [Character] { Array(text) }
