internal import Foundation
internal import JSON
internal import Program
internal import Reports
internal import Tasks
internal import Text

/// Prints what a corpus of labelled texts holds, and what looks doubtful.
///
/// - Throws: `UserError` with code 65 if an example has no word, so that no run can learn from it.
func runTextCorpusCheck(_ source: String, model: String?, json: Bool) throws {
    let corpus = try TextCorpus(path: source)
    let report = TextCorpusReport(corpus.examples)
    let lengths = try model.map { TokenLengths(corpus.examples, try Tokenizer(model: $0)) }
    print(
        json ? report.json(corpus, lengths).line : report.table(corpus, lengths).joined(separator: "\n")
    )
    guard report.empty.isEmpty else {
        throw UserError(
            .data,
            "\(corpus.path): \(report.empty.count) of \(report.examples) examples have no word: "
                + report.empty.prefix(3).joined(separator: ", "))
    }
}

/// Numbers of tokens per example, including special ones.
struct TokenLengths {
    let total: Int
    let median: Int
    let longest: Int

    init(_ examples: [TextExample], _ tokenizer: Tokenizer) {
        let lengths = examples.map { tokenizer.encode($0.text, pair: $0.textPair).ids.count }.sorted()
        total = lengths.reduce(0, +)
        median = lengths.isEmpty ? 0 : lengths[lengths.count / 2]
        longest = lengths.last ?? 0
    }
}

extension TextCorpusReport {
    /// The report for people, one line per fact.
    fileprivate func table(_ corpus: TextCorpus, _ lengths: TokenLengths?) -> [String] {
        func places(_ origins: [String]) -> String {
            let shown = origins.prefix(3).joined(separator: ", ")
            return "\(origins.count)" + (origins.isEmpty ? "" : ": " + shown)
                + (origins.count > 3 ? ", …" : "")
        }
        var facts = [
            ("corpus", corpus.path),
            ("examples", "\(examples)" + (pairs > 0 ? ", \(pairs) of them pairs" : "")),
            ("words", "\(words); \(medianWords) median, \(longestWords) longest"),
            (
                "tokens",
                lengths.map { "\($0.total); \($0.median) median, \($0.longest) longest" }
                    ?? "not counted: no --model"
            ), ("labels", labelText),
            ("texts that repeat", "\(repeated)"), ("with another label", places(contradicting)),
            ("without a label", places(unlabelled)), ("without a word", places(empty)),
        ]
        if corpus.skippedLines > 0 {
            facts.append(("lines cut short", "\(corpus.skippedLines), left out"))
        }
        return TextTable(facts: facts, width: 20).lines
    }

    /// The labels with their counts, or the range of many numeric labels.
    private var labelText: String {
        if let range, labels.count > 20 {
            return "\(labels.count) numbers from \(range.lowerBound) to \(range.upperBound)"
        }
        let shown = labels.prefix(50).map { "\($0.name) \($0.count)" }.joined(separator: ", ")
        return labels.isEmpty
            ? "none" : shown + (labels.count > 50 ? ", and \(labels.count - 50) more" : "")
    }

    /// The report for programs.
    fileprivate func json(_ corpus: TextCorpus, _ lengths: TokenLengths?) -> JSONValue {
        func places(_ origins: [String]) -> JSONValue { .array(origins.map { .string($0) }) }
        var members: [JSONValue.Member] = [
            .init("path", .string(corpus.path)), .init("examples", .integer(examples)),
            .init("pairs", .integer(pairs)), .init("words", .integer(words)),
            .init("median_words", .integer(medianWords)), .init("longest_words", .integer(longestWords)),
            .init("labels", .object(labels.map { .init($0.name, .integer($0.count)) })),
            .init("repeated_texts", .integer(repeated)),
            .init("contradicting_labels", places(contradicting)),
            .init("without_label", places(unlabelled)), .init("without_word", places(empty)),
            .init("skipped_lines", .integer(corpus.skippedLines)),
        ]
        if let lengths {
            members += [
                .init("tokens", .integer(lengths.total)), .init("median_tokens", .integer(lengths.median)),
                .init("longest_tokens", .integer(lengths.longest)),
            ]
        }
        return .object(members)
    }
}
