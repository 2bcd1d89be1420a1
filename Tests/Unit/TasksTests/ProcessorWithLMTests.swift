import Decoding
import Foundation
import JSON
import Program
import Tensors
import TestSupport
import Testing
import Text

@testable import Tasks

/// A model of two words for the golden model's letters.
private let arpa = """
    \\data\\
    ngram 1=5
    ngram 2=2

    \\1-grams:
    -1.5\t<unk>
    -99\t<s>\t-0.25
    -0.75\t</s>
    -0.5\tBAD\t-0.125
    -1\tCAFE

    \\2-grams:
    -0.25\t<s> BAD
    -0.125\tBAD CAFE

    \\end\\

    """

struct ProcessorWithLMTests {
    private let folder: TemporaryFolder
    private let directory: String

    init() throws {
        folder = try TemporaryFolder()
        directory = "\(folder.path)/model"
        try FileManager.default.copyItem(
            atPath: "\(repository)/Tests/Golden/models/tiny-stable", toPath: directory)
        try Data(arpa.utf8).write(to: URL(fileURLWithPath: "\(folder.path)/lm.arpa"))
    }

    private func model() throws -> SpeechModel { try SpeechModel.fineTuned(path: directory) }

    private func attach(_ attributes: ProcessorWithLM.Attributes = .init()) throws {
        try ProcessorWithLM.write(
            attributes, languageModel: "\(folder.path)/lm.arpa", into: directory,
            vocabulary: try model().vocabulary)
    }

    private func replace(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(directory)/\(name)"))
    }

    /// What reading the directory throws, as text.
    private func fault() throws -> String {
        let model = try model()
        do {
            _ = try ProcessorWithLM(of: model)
            return ""
        } catch { return "\(error)" }
    }

    @Test("a directory without a language model has none")
    func none() throws {
        #expect(try ProcessorWithLM(of: try model()) == nil)
        #expect(try DecodingOptions().decoder(for: try model()) == nil)
    }

    @Test("what is written is read again: weights, words and n-grams")
    func roundTrip() throws {
        var attributes = ProcessorWithLM.Attributes()
        (attributes.alpha, attributes.beta) = (0.7, -0.3)
        (attributes.unknownPenalty, attributes.hasBoundaries) = (-4, false)
        try attach(attributes)
        let model = try model()
        let own = try #require(try ProcessorWithLM(of: model))
        #expect(own.attributes == attributes)
        let ngrams = try openLanguageModel(own.languageModel)
        let source = try openLanguageModel("\(folder.path)/lm.arpa")
        for sentence in [["BAD", "CAFE"], ["CAFE"], ["DEED", "BAD"]] {
            #expect(ngrams.score(sentence: sentence) == source.score(sentence: sentence))
        }
        #expect(try own.lexicon(of: ngrams, in: model.vocabulary)?.count == 2)
        let decoder = try #require(try DecodingOptions().decoder(for: model))
        #expect(decoder.settings.alpha == 0.7 && decoder.settings.beta == -0.3)
        #expect(decoder.settings.unknownWords == .penalized(-4) && !decoder.settings.hasBoundaries)
        #expect(decoder.language.hasModel)
    }

    @Test("options of the command line go before the directory's weights, and greedy decoding before all")
    func precedence() throws {
        try attach()
        var options = DecodingOptions()
        (options.alpha, options.unknownWords) = (2, .forbidden)
        let decoder = try #require(try options.decoder(for: try model()))
        #expect(decoder.settings.alpha == 2 && decoder.settings.beta == 1.5)
        #expect(decoder.settings.unknownWords == .forbidden)
        #expect(try DecodingOptions(decoder: .greedy).decoder(for: try model()) == nil)
    }

    @Test("words are not run together though no list of words comes with the language model")
    func withoutUnigrams() throws {
        try attach()
        let model = try model()
        // The delimiter is a little less likely than the blank.
        let logits = FlatBuffer(count: 8 * model.vocabulary.size)
        let path = "BAD|CAFE".map { model.vocabulary.id(ofSpoken: String($0)) ?? 0 }
        for (frame, token) in path.enumerated() { logits.all[frame * model.vocabulary.size + token] = 12 }
        logits.all[3 * model.vocabulary.size + model.vocabulary.blank] = 12.5
        let frames = logits.all.reshaped(rows: 8, columns: model.vocabulary.size)
        func heard() throws -> String? {
            try DecodingOptions().decoder(for: model)?.transcriptions(of: frames).first?.text
        }
        #expect(try heard() == "BAD CAFE")
        try FileManager.default.removeItem(atPath: "\(directory)/language_model/unigrams.txt")
        #expect(try heard() == "BAD CAFE")
        let greedy = Recognizer(model, nil, count: 1, timesWords: false, gatesSilence: false)
        var running = greedy.begin()
        running.advance(frames)
        #expect(running.finish(nil).text == "BADCAFE")
    }

    @Test("a hotword that the model cannot spell is refused, since it would have no effect")
    func unspelled() throws {
        var options = DecodingOptions()
        options.hotwords = ["FACADE", "FAÇADE"]
        let fault = #expect(throws: UserError.self) { try options.decoder(for: try model()) }
        #expect(fault?.description.contains("\"FAÇADE\"") == true)
        #expect(fault?.description.contains("\"Ç\"") == true && fault?.exitCode == .data)
    }

    @Test("labels are those of pyctcdecode: nothing for the blank, a space between words")
    func labels() throws {
        try attach()
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(directory)/alphabet.json"))
        let labels = try JSONValue(parsing: data)["labels"]?.elements?.compactMap(\.string)
        #expect(labels == ["", "<s>", "</s>", "⁇", " ", "A", "B", "C", "D", "E", "F"])
    }

    @Test("nothing that is there is replaced")
    func existing() throws {
        try attach()
        #expect(throws: (any Error).self) { try attach() }
    }

    @Test(
        "labels of another model, broken weights and a folder without n-grams are refused by name",
        arguments: [
            (
                "alphabet.json", #"{"labels": ["", "<s>", "</s>", "⁇", " ", "B", "A", "C", "D", "E", "F"]}"#,
                "label 5"
            ),
            ("alphabet.json", #"{"labels": ["", "<s>"], "is_bpe": false}"#, "2 labels"),
            ("alphabet.json", #"{"labels": [1]}"#, "list"),
            ("alphabet.json", #"{"labels": [], "is_bpe": true}"#, "pieces"),
            ("alphabet.json", "[[[", "alphabet.json"),
            ("language_model/attrs.json", #"{"alpha": "much"}"#, "\"alpha\" must be a number"),
            ("language_model/attrs.json", #"{"beta": 1e400}"#, "attrs.json"),
            ("language_model/second.bin", "", "it has 2"),
        ])
    func refusals(name: String, text: String, expected: String) throws {
        try attach()
        try replace(name, text)
        let fault = try fault()
        #expect(fault.contains(expected), "\(fault)")
    }
}
