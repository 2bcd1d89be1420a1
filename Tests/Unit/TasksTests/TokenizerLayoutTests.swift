import Checkpoints
import Foundation
import JSON
import Tasks
import TestSupport
import Testing
import Text

/// Sixteen layouts of transformers 4 and 5, with what its tokenizers make of texts and ids: made by
/// Tests/Golden/make_tokenizers.py.
struct TokenizerLayoutTests {
    static let layouts: [JSONValue] = {
        let path = goldenFolder + "/text/tokenizer_layouts.json"
        let data = FileManager.default.contents(atPath: path) ?? Data()
        return (try? JSONValue(parsing: data))?.elements ?? []
    }()

    private func write(_ layout: JSONValue, to folder: String) throws {
        for file in layout["files"]?.members ?? [] {
            try Data((file.value.string ?? "").utf8).write(to: URL(fileURLWithPath: "\(folder)/\(file.key)"))
        }
    }

    /// Whether a directory's texts, ids and audio are those of transformers.
    private func check(_ folder: String, _ layout: JSONValue) throws {
        let directory = try ModelDirectory(path: folder)
        let vocabulary = try Vocabulary(try #require(directory.tokens), of: directory.tokenizer)
        for pair in layout["texts"]?.elements ?? [] {
            let text = try #require(pair["text"]?.string)
            #expect(try vocabulary.encode(text) == pair["ids"]?.elements?.compactMap(\.integer), "\(text)")
        }
        for pair in layout["paths"]?.elements ?? [] {
            let found = vocabulary.decode(path: (pair["ids"]?.elements ?? []).compactMap(\.integer))
            #expect(found.utf8.elementsEqual((pair["text"]?.string ?? "").utf8), "\(found)")
        }
        #expect(directory.preprocessor.samplingRate == layout["rate"]?.integer)
        #expect(directory.preprocessor.normalizes == layout["normalizes"]?.boolean)
    }

    @Test("a layout is read as transformers reads it, and again once it is written", arguments: 0..<16)
    func readAndWritten(index: Int) throws {
        let layout = Self.layouts[index]
        let folder = try TemporaryDirectory()
        try write(layout, to: folder.path)
        try check(folder.path, layout)
        let read = try ModelDirectory(path: folder.path)
        let copy = folder.path + "/copy"
        try writeModelDirectory(
            at: copy, weights: SafetensorsWriter(),
            files: ModelFiles(
                config: read.config, tokens: read.tokens, preprocessor: read.preprocessor,
                tokenizer: read.tokenizer))
        try check(copy, layout)
        for name in ["tokenizer_config.json", "preprocessor_config.json", "processor_config.json"] {
            try requireKept(name, folder.path, copy)
        }
    }

    /// Every key of a file is in its copy, with its value, but for a language model's processor.
    private func requireKept(_ name: String, _ folder: String, _ copy: String) throws {
        guard let old = FileManager.default.contents(atPath: "\(folder)/\(name)") else { return }
        let new = try JSONValue(
            parsing: try #require(FileManager.default.contents(atPath: "\(copy)/\(name)")))
        for member in try JSONValue(parsing: old).members ?? [] where member.key != "processor_class" {
            #expect(new[member.key] == member.value, "\(name): \(member.key)")
        }
    }

    @Test("there are sixteen")
    func count() { #expect(Self.layouts.count == 16) }

    @Test("a tokenizer for a new vocabulary has nothing of the old one's")
    func fitting() throws {
        let folder = try TemporaryDirectory()
        try write(Self.layouts[0], to: folder.path)
        let letters = try ModelDirectory(path: folder.path).tokenizer
        let kept = letters.fitting(["<pad>", "<unk>", "|", "x"], phones: false)
        #expect(kept.json["added_tokens_decoder"] == nil && kept.json["model_max_length"] != nil)
        let phones = letters.fitting(["<pad>", "<unk>", "aɪ"], phones: true)
        #expect(phones.json["tokenizer_class"]?.string == "Wav2Vec2PhonemeCTCTokenizer")
        #expect(phones.json["do_phonemize"]?.boolean == false && phones.json["word_delimiter_token"] == .null)
        #expect(letters.fitting(["[PAD]", "[UNK]", "x"], phones: false).pad == "[PAD]")
    }
}
