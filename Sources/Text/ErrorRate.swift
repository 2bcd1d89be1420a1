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
    /// Of no tokens, 0 without errors and 1 with; jiwer gives the number of errors there.
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

    /// Adds the errors in the words of one utterance.
    ///
    /// Words and characters are equal when their code points are, as in Python: é composed is another token
    /// than e with an accent.
    public mutating func addWords(reference: String, hypothesis: String) {
        func tokens(_ text: String) -> [[Unicode.Scalar]] { words(text).map { Array($0.unicodeScalars) } }
        add(reference: tokens(reference), hypothesis: tokens(hypothesis))
    }

    /// Adds the errors in the characters of one utterance, spaces included.
    public mutating func addCharacters(reference: String, hypothesis: String) {
        add(reference: Array(reference.unicodeScalars), hypothesis: Array(hypothesis.unicodeScalars))
    }

    /// Adds the errors of one utterance: those of an alignment with the fewest (Levenshtein, 1966).
    ///
    /// Of alignments with equally many errors, one with the most substitutions, that is with most tokens in
    /// place; jiwer's choice can differ in kind, never in number. Memory is a row of the table.
    public mutating func add<Token: Hashable>(reference: [Token], hypothesis: [Token]) {
        var ids: [Token: Int] = [:]
        func id(_ token: Token) -> Int {
            if let known = ids[token] { return known }
            ids[token] = ids.count
            return ids.count - 1
        }
        let (said, heard) = (reference.map(id), hypothesis.map(id))
        let (errors, unpaired) = Self.fewestErrors(said, heard)
        // Deletions and insertions are what is unpaired, and they differ by the difference of the lengths.
        let deleted = (unpaired + said.count - heard.count) / 2
        let substituted = errors - unpaired
        deletions += deleted
        insertions += unpaired - deleted
        substitutions += substituted
        correct += said.count - substituted - deleted
    }

    /// The fewest errors of any alignment, and the fewest tokens that such an alignment leaves without
    /// partner.
    private static func fewestErrors(_ said: [Int], _ heard: [Int]) -> (errors: Int, unpaired: Int) {
        // Both in one number, errors first: its minimum is the minimum of the pair.
        let replaced = 1 << 32
        let unpaired = replaced + 1
        var costs = (0...heard.count).map { $0 * unpaired }
        for token in said {
            var diagonal = costs[0]
            costs[0] += unpaired
            for column in 1..<costs.count {
                let paired = diagonal + (token == heard[column - 1] ? 0 : replaced)
                diagonal = costs[column]
                costs[column] = min(paired, min(diagonal, costs[column - 1]) + unpaired)
            }
        }
        let total = costs[heard.count]
        return (total >> 32, total & (replaced - 1))
    }

    /// Adds two corpora.
    public static func + (a: ErrorRate, b: ErrorRate) -> ErrorRate {
        ErrorRate(counts: zip(a.counts, b.counts).map(+))
    }
}
