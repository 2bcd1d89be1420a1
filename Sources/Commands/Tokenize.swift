internal import ArgumentParser
internal import Foundation
internal import JSON
internal import Program
internal import Session
internal import Tasks
internal import Text

/// `parp tokenize`.
struct Tokenize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Print the tokens that a text model reads for each text, special tokens included, nothing truncated.",
        discussion: """
            The tokenizer is the directory's tokenizer.json, or else its vocab.txt (BERT) or spiece.model (XLNet); ids \
            are those of Hugging Face's tokenizers.

              parp tokenize --model build/text/minilm sentences.txt --json
            """)

    @Option(help: "A model directory, or a pack.")
    var model: String

    @Flag(help: "Every line is two texts separated by a tab.")
    var pairs = false

    @Argument(help: "A file with one text per line; or examples in JSONL, CSV or TSV, or FORMAT:PATH.")
    var file: String

    @Flag(help: "Print a JSON list of ids per line instead of the tokens.")
    var json = false

    func run() {
        launch { session in
            try session.together {
                guard session.isRoot else { return }
                let tokenizer = try Tokenizer(model: model)
                try write(try examples(), tokenizer)
            }
        }
    }

    /// The texts to encode; those of a plain file are examples without labels.
    private func examples() throws -> [TextExample] {
        if !pairs, (try? TextFormat.parse(file)) != nil { return try TextCorpus(path: file).examples }
        return try TextCorpus.lines(of: file, arePairs: pairs)
    }

    private func write(_ examples: [TextExample], _ tokenizer: Tokenizer) throws {
        let names = Dictionary(tokenizer.tokens.map { ($0.id, $0.token) }) { first, _ in first }
        var output = ""
        for (index, example) in examples.enumerated() {
            let ids = tokenizer.encode(example.text, pair: example.textPair).ids
            output +=
                json
                ? JSONValue.array(ids.map { .integer($0) }).line
                : ids.map { names[$0] ?? "\($0)" }.joined(separator: " ")
            output += "\n"
            if output.utf8.count > 1 << 20 || index == examples.count - 1 {
                try FileHandle.standardOutput.write(contentsOf: Data(output.utf8))
                output = ""
            }
        }
    }
}
