import Foundation
import JSON
import TestSupport
import Text

/// Tokenizers and corpora of labelled texts, in every format in which they are read.
func textReaders() throws -> [FuzzedReader] {
    let golden = URL(fileURLWithPath: "\(goldenFolder)/text")
    let cases = try JSONValue(
        parsing: Data(contentsOf: golden.appendingPathComponent("tokenizers.json")))["cases"]
    let files = (cases?.elements ?? []).compactMap { $0["file"]?.line }
    let sentencePiece = try Data(contentsOf: golden.appendingPathComponent("spiece.model"))
    let configuration = Seed(
        "tokenizer_config.json",
        #"{"do_lower_case": false, "strip_accents": true, "mask_token": {"content": "<m>", "lstrip": true}}"#
    )
    return [
        FuzzedReader(
            name: "tokenizer.json", weight: 2, folders: files.map { [Seed("tokenizer.json", $0)] },
            tokens: jsonTokens, read: encode),
        FuzzedReader(
            name: "vocab.txt", weight: 2,
            folders: [
                [Seed("vocab.txt", "[UNK]\n[CLS]\n[SEP]\n[PAD]\n[MASK]\ngood\n##ness\n"), configuration]
            ],
            tokens: jsonTokens, read: encode),
        FuzzedReader(
            name: "spiece.model", weight: 2,
            folders: [[Seed("spiece.model", Array(sentencePiece)), configuration]],
            tokens: jsonTokens, read: encode),
    ] + corpora()
}

/// Reads a folder's tokenizer and encodes texts with it.
private func encode(_ folder: String) throws {
    let tokenizer = try Tokenizer(directory: folder)
    for text in [
        "", "A good film, isn't it? [SEP] <mask>", "caf\u{E9} e\u{301}\u{323} \u{FB01}\u{200D}日本 ½",
        "\u{0}\u{1F468}\u{200D}\u{1F469}",
    ] {
        let encoded = tokenizer.encode(text, pair: text, maximumTokens: 12)
        precondition(encoded.ids.count == encoded.types.count)
        precondition(encoded.ids.allSatisfy { $0 >= 0 && $0 < tokenizer.rowCount })
    }
}

private func corpora() -> [FuzzedReader] {
    func corpus(_ name: String, _ file: String, _ content: String, source: String? = nil)
        -> FuzzedReader
    {
        FuzzedReader(name: name, weight: 2, folders: [[Seed(file, content)]], tokens: jsonTokens) {
            folder in
            let path = folder + "/" + file
            let corpus = try TextCorpus(path: source.map { "\($0):\(path)" } ?? path)
            let report = TextCorpusReport(corpus.examples)
            precondition(report.examples == corpus.examples.count && report.examples > 0)
            _ = LabelSet(of: corpus.examples)
            _ = TextSplit(validShare: 0.5).parts(of: corpus.examples)
        }
    }
    return [
        corpus(
            "jsonl of texts", "a.jsonl",
            #"{"text": "good", "text_pair": "x", "label": "pos"}"# + "\n"
                + #"{"sentence": "b", "label": 1.5, "id": 3}"#),
        corpus("csv of texts", "a.csv", "text,label\n\"a, \"\"b\"\"\",1\nc,0\n"),
        corpus("tsv of texts", "a.tsv", "sentence1\tsentence2\tlabel\na\tb\tx\nc\td\ty\n"),
        corpus("cola", "train.tsv", "gj\t1\t\tA bell.\ngj\t0\t*\tBell a.\n", source: "cola"),
        corpus("sts-b", "dev.tsv", "h\n0\ta\tb\tc\td\te\tf\tOne.\tTwo.\t2.5\n", source: "sts-b"),
        corpus("qqp", "train.tsv", "h\n0\t1\t2\tOne?\tTwo?\t1\n1\t2\n", source: "qqp"),
    ]
}
