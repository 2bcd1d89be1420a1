/// Errors of recognised text against references, summed over a corpus as in jiwer: (S + D + I) / (S + D + C).
///
/// An empty reference adds its insertions to the errors and nothing to the length.
public struct ErrorRate: Sendable, Equatable, Codable {
    /// Substitutions.
    public var substitutions = 0
    /// Deletions.
    public var deletions = 0
    /// Insertions.
    public var insertions = 0
    /// Correct tokens.
    public var correct = 0

    /// No text yet.
    public init() {}

    /// Errors of all kinds.
    public var errors: Int { substitutions + deletions + insertions }
    /// Tokens of the reference.
    public var referenceLength: Int { substitutions + deletions + correct }
    /// Errors over reference tokens; above 1 with many insertions.
    ///
    /// For empty references, 0 without errors and 1 with; jiwer gives the number of errors there.
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
    /// Words and characters are equal if their code points are, as in Python: composed é differs from e with
    /// an accent.
    public mutating func addWords(reference: String, hypothesis: String) {
        func tokens(_ text: String) -> [[Unicode.Scalar]] { words(text).map { Array($0.unicodeScalars) } }
        add(reference: tokens(reference), hypothesis: tokens(hypothesis))
    }

    /// Adds the errors in the characters of one utterance, spaces included.
    public mutating func addCharacters(reference: String, hypothesis: String) {
        add(reference: Array(reference.unicodeScalars), hypothesis: Array(hypothesis.unicodeScalars))
    }

    /// Adds the errors of one utterance: those of an alignment with the fewest errors (Levenshtein, 1966).
    ///
    /// Among alignments with equally many errors, it takes one with the most substitutions; jiwer's choice
    /// can differ in kind, never in number. Memory is one row of the table.
    public mutating func add<Token: Hashable>(reference: [Token], hypothesis: [Token]) {
        var ids: [Token: Int] = [:]
        func id(_ token: Token) -> Int {
            if let known = ids[token] { return known }
            ids[token] = ids.count
            return ids.count - 1
        }
        let (said, heard) = (reference.map(id), hypothesis.map(id))
        let (errors, unpaired) = Self.fewestErrors(said, heard)
        // Deletions and insertions are the unpaired tokens, and they differ by the difference of the lengths.
        let deleted = (unpaired + said.count - heard.count) / 2
        let substituted = errors - unpaired
        deletions += deleted
        insertions += unpaired - deleted
        substitutions += substituted
        correct += said.count - substituted - deleted
    }

    /// The fewest errors of any alignment, and the fewest unpaired tokens of such an alignment.
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
