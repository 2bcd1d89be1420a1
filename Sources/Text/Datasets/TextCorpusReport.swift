/// Facts about a corpus of labelled texts, and what looks doubtful.
public struct TextCorpusReport: Sendable {
    /// How many examples there are.
    public var examples = 0
    /// The number of examples with two texts.
    public var pairs = 0
    /// Words, between white space, of all texts.
    public var words = 0
    /// The median number of words.
    public var medianWords = 0
    /// The words of the longest example.
    public var longestWords = 0
    /// Examples whose texts repeat an earlier one's.
    public var repeated = 0
    /// The places of examples whose texts repeat an earlier one's with another label.
    public var contradicting: [String] = []
    /// The places of examples without a word.
    public var empty: [String] = []
    /// The places of examples without a label.
    public var unlabelled: [String] = []
    /// How often each label occurs, the most frequent first.
    public var labels: [(name: String, count: Int)] = []
    /// Whether every label is a number.
    public var isNumeric = false
    /// The range of numeric labels.
    public var range: ClosedRange<Double>?

    /// Checks examples.
    public init(_ examples: [TextExample]) {
        self.examples = examples.count
        var labelOfContent: [TextContent: String?] = [:]
        var counts: [[UInt8]: Int] = [:]
        var lengths: [Int] = []
        for example in examples {
            let length = Text.words(example.text).count + (example.textPair.map { Text.words($0).count } ?? 0)
            lengths.append(length)
            if example.textPair != nil { pairs += 1 }
            if length == 0 { empty.append(example.origin) }
            if let label = example.label {
                counts[Array(label.utf8), default: 0] += 1
            } else {
                unlabelled.append(example.origin)
            }
            if let earlier = labelOfContent[example.content] {
                repeated += 1
                if earlier != example.label { contradicting.append(example.origin) }
            } else {
                labelOfContent[example.content] = .some(example.label)
            }
        }
        words = lengths.reduce(0, +)
        lengths.sort()
        medianWords = lengths.isEmpty ? 0 : lengths[lengths.count / 2]
        longestWords = lengths.last ?? 0
        labels = counts.map { (String(decoding: $0.key, as: UTF8.self), $0.value) }
            .sorted { ($1.count, $0.name) < ($0.count, $1.name) }
        let numbers = examples.compactMap(\.number)
        isNumeric = !labels.isEmpty && numbers.count == examples.count - unlabelled.count
        if let least = numbers.min(), let greatest = numbers.max(), isNumeric { range = least...greatest }
    }
}
