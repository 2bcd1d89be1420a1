import Checkpoints
import Decoding
import Foundation
import Tasks
import Tensors
import TestSupport
import Text

private let smallARPA = """
    \\data\\
    ngram 1=5
    ngram 2=3
    ngram 3=1

    \\1-grams:
    -1.2\t<unk>
    -99\t<s>\t-0.3
    -0.6\t</s>
    -0.5\ta\t-0.4
    -0.9\té\t-0.2

    \\2-grams:
    -0.3\t<s> a\t-0.1
    -0.7\ta é\t-0.25
    -0.5\té </s>

    \\3-grams:
    -0.2\t<s> a é

    \\end\\

    """

/// Language models of every format, and lists of words.
func languageReaders() throws -> [FuzzedReader] {
    func golden(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(goldenFolder)/language_models/\(name)")))
    }
    let tokens = [[UInt8]](
        texts: "\\data\\\n", "\\1-grams:\n", "\\2-grams:\n", "\\end\\\n", "ngram 1=9223372036854775807\n",
        "ngram 4=1\n", "\t", "\n", "-inf", "1e999", "-0.5\t<unk>\t-1\n", "<s> <s>", "-99", "\u{0}",
        "\u{FEFF}", "\r")
    let ours = MemoryFile()
    try convertModel(
        name: "seed", MappedBytes(Array(smallARPA.utf8)), into: ours, workspace: .inMemory(bytes: 1 << 16))
    let numbers: [[UInt8]] = [
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0xC0, 0x7F],
        [0xFF, 0xFF, 0xFF, 0x7F], [1, 0, 0, 0, 0, 0, 0, 0],
    ]
    func model(_ name: String, _ seed: [UInt8], weight: Int, tokens: [[UInt8]]) -> FuzzedReader {
        FuzzedReader(name: name, weight: weight, folders: [[Seed("model", seed)]], tokens: tokens) { folder in
            let bytes = try MappedBytes.file(folder + "/model")
            if let model = try mappedModel(bytes) { return use(model) }
            let file = MemoryFile()
            try convertModel(
                name: "model", bytes, into: file, workspace: .inMemory(bytes: 1 << 16))
            use(try MappedTrie(MappedBytes(file.bytes)))
        }
    }
    return [
        model("arpa", Array(smallARPA.utf8), weight: 4, tokens: tokens),
        model("arpa.gz", try golden("order3.arpa.gz"), weight: 1, tokens: numbers),
        model("language model", ours.bytes, weight: 4, tokens: numbers),
        model("kenlm probing", try golden("order3.probing"), weight: 2, tokens: numbers),
        model("kenlm trie", try golden("order3.trie"), weight: 1, tokens: numbers),
        FuzzedReader(
            name: "lexicon", weight: 4, folders: [[Seed("lexicon", "ab\ta b |\nba b a\né é\nbab\n")]],
            tokens: [[UInt8]](
                texts: "\t", " ", "|", "\n", "\r\n", "é", "e\u{301}", "\u{0}", "\u{FEFF}", "<pad>")
        ) { folder in
            let vocabulary = try Vocabulary(tokens: ["<pad>", "|", "a", "b", "é"])
            let bytes = try MappedBytes.file(folder + "/lexicon")
            var pieces = [bytes.copy(0..<bytes.count)]
            let lexicon = try Lexicon(name: "lexicon", vocabulary: vocabulary) { pieces.popLast() }
            precondition(lexicon.count > 0)
        },
        try processorReader(),
    ]
}

/// What a model directory has for decoding: the language model's labels, weights and words, and a calibration.
///
/// The model's weights and the n-grams are whole; they have readers of their own.
private func processorReader() throws -> FuzzedReader {
    let model = "\(goldenFolder)/models/tiny-stable"
    func whole(_ name: String) throws -> Seed {
        Seed(
            name, [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(model)/\(name)"))), isBroken: false)
    }
    let labels = #"["", "<s>", "</s>", "⁇", " ", "A", "B", "C", "D", "E", "F"]"#
    let arpa = smallARPA.replacingOccurrences(of: "é", with: "B").replacingOccurrences(of: "a", with: "A")
        .replacingOccurrences(of: "dAtA", with: "data").replacingOccurrences(of: "ngrAm", with: "ngram")
        .replacingOccurrences(of: "-grAms", with: "-grams")
    return FuzzedReader(
        name: "processor with lm", weight: 4,
        folders: [
            try ["config.json", "vocab.json", "preprocessor_config.json", "model.safetensors"].map(whole) + [
                Seed("alphabet.json", "{\"labels\": \(labels), \"is_bpe\": false}"),
                Seed(
                    "language_model/attrs.json",
                    #"{"alpha": 0.5, "beta": 1.5, "unk_score_offset": -10.0, "score_boundary": true}"#),
                Seed("language_model/unigrams.txt", "A\nB\nBAD\n"),
                Seed("confidence.json", #"{"slope": 0.7, "offset": -0.5, "words": 100}"#),
                Seed("language_model/lm.arpa", Array(arpa.utf8), isBroken: false),
            ]
        ],
        tokens: jsonTokens
            + [[UInt8]](
                texts: "\"alpha\": ", "\"is_bpe\": true", "NaN", "1e39", "⁇", " ", "BAD\n", "\u{0}",
                "\u{FEFF}")
    ) { folder in
        let model = try SpeechModel.fineTuned(path: folder)
        if let calibration = try ConfidenceCalibration(of: model) {
            precondition((0...1).contains(calibration.calibrated(0.5)))
        }
        guard let decoder = try DecodingOptions().decoder(for: model) else { return }
        precondition(decoder.settings.alpha.isFinite && decoder.settings.beta.isFinite)
        let size = model.vocabulary.size
        let logits = FlatBuffer(count: 4 * size)
        for index in 0..<4 * size { logits.all[index] = Float(index * 7 % 11) }
        _ = decoder.transcriptions(of: logits.all.reshaped(rows: 4, columns: size))
    }
}

/// Asks a model what the search would ask.
private func use(_ model: any NGramModel) {
    var context = model.start
    for word in ["a", "é", "zorro", "la", "casa", "ve"] {
        context = model.score(model.index(of: word), after: context).next
    }
    for word in 0..<UInt32(min(model.wordCount, 200)) {
        _ = model.word(word)
        context = model.score(word, after: context).next
    }
}

/// A stand-in for a written file.
private final class MemoryFile: Scratch {
    // A class, as the protocol wants it.
    var bytes: [UInt8] = []
    var count: Int { bytes.count }
    func append(_ more: [UInt8]) { bytes += more }
    func read(_ range: Range<Int>) -> [UInt8] { Array(bytes[range]) }
}
