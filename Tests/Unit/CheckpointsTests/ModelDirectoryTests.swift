import Checkpoints
import Foundation
import JSON
import Models
import Tensors
import TestSupport
import Testing

struct ModelDirectoryTests {
    /// A directory with these files.
    private func read(_ files: [String: String]) throws -> ModelDirectory {
        let folder = try TemporaryDirectory()
        for (name, text) in files { try folder.write(text, to: name) }
        return try ModelDirectory(path: folder.path)
    }

    @Test("what the small files state is read, transformers' defaults stand for the rest")
    func reading() throws {
        let plain = try read(["config.json": #"{"hidden_size": 7}"#])
        #expect(plain.config["hidden_size"]?.integer == 7 && plain.tokens == nil)
        #expect(plain.tokenizer == TokenizerConfig() && plain.preprocessor == PreprocessorConfig())
        let full = try read([
            "config.json": "{}", "vocab.json": #"{"b":1,"[PAD]":0}"#,
            "preprocessor_config.json":
                #"{"do_normalize":false,"sampling_rate":8000,"return_attention_mask":true}"#,
            "tokenizer_config.json":
                #"{"pad_token":{"content":"[PAD]"},"word_delimiter_token":" ","do_lower_case":true}"#,
            "special_tokens_map.json": #"{"unk_token":"[UNK]","pad_token":"ignored"}"#,
        ])
        #expect(full.tokens == ["[PAD]", "b"])
        #expect(full.tokenizer.pad == "[PAD]" && full.tokenizer.unknown == "[UNK]")
        #expect(full.tokenizer.wordDelimiter == " " && full.tokenizer.lowersCase)
        #expect(!full.preprocessor.normalizes && full.preprocessor.samplingRate == 8000)
        #expect(full.preprocessor.returnsAttentionMask)
    }

    @Test("tokens added to a tokenizer are taken as far as the head has rows for them")
    func addedTokens() throws {
        func tokens(_ size: Int, _ files: [String: String]) throws -> [String]? {
            let common = ["config.json": "{\"vocab_size\":\(size)}", "vocab.json": #"{"a":0,"b":1}"#]
            return try read(common.merging(files) { $1 }).tokens
        }
        let file = ["added_tokens.json": #"{"</s>":3,"<s>":2}"#]
        let decoder = [
            "tokenizer_config.json":
                #"{"added_tokens_decoder":{"0":{"content":"a"},"2":{"content":"<s>"},"3":{"content":"</s>"}}}"#
        ]
        for files in [file, decoder] {
            #expect(try tokens(4, files) == ["a", "b", "<s>", "</s>"])
            #expect(try tokens(3, files) == ["a", "b", "<s>"])
            #expect(try tokens(2, files) == ["a", "b"])
        }
        #expect(try tokens(4, [:]) == ["a", "b"])
    }

    @Test("impossible files are refused by name")
    func refused() {
        let config = ["config.json": "{}"]
        let cases: [([String: String], String)] = [
            ([:], "no config.json"), (["config.json": "{"], "config.json: line 1"),
            (["config.json": "\u{FEFF}{}"], "config.json: line 1"),
            (["config.json/file": ""], "config.json: is a directory"),
            (["vocab.json": "[]"], "must be an object"), (["vocab.json": "{}"], "must be an object"),
            (["vocab.json": #"{"a":0,"b":0}"#], "each once"), (["vocab.json": #"{"a":1}"#], "each once"),
            (["vocab.json": #"{"a":-1}"#], "each once"), (["vocab.json": #"{"a":"0"}"#], "each once"),
            (["vocab.json": #"{"a":99999999999999999999}"#], "each once"),
            (["vocab.json": #"{"en":{"a":0}}"#], "several languages (en)"),
            (["vocab.json": #"{"a":0,"a":1}"#], "occurs twice"),
            (["tokenizer_config.json": "nonsense"], "tokenizer_config.json: line 1"),
        ]
        for (files, expected) in cases {
            let all =
                files.keys.contains { $0.hasPrefix("config") } || files.isEmpty
                ? files : files.merging(config) { $1 }
            let message = fault { try read(all) }
            #expect(message.contains(expected), "\(expected): \(message)")
        }
        #expect(fault { try ModelDirectory(path: "/nowhere") }.contains("no such model directory"))
        #expect(fault { try openModelWeights(directory: "/nowhere") }.contains("has no weights"))
    }

    @Test(
        "small files larger than any are refused, also through a symbolic link, as in Hugging Face's cache"
    )
    func large() throws {
        let folder = try TemporaryDirectory()
        try folder.write("{}", to: "config.json")
        let blob = try folder.write("", to: "blob")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/vocab.json", withDestinationPath: blob)
        let handle = try #require(FileHandle(forWritingAtPath: blob))
        try handle.truncate(atOffset: 65 << 20)
        let path = folder.path
        #expect(fault { try ModelDirectory(path: path) }.contains("is larger than"))
    }

    @Test("a directory that is written holds the same model, and what was read beside it")
    func writing() throws {
        let source = try ModelDirectory(path: goldenFolder + "/models/tiny-stable")
        let network = Wav2Vec2(
            try JSONDecoder().decode(Wav2Vec2Configuration.self, from: source.configData))
        let values = FlatBuffer(count: network.layout.count)
        _ = try loadParameters(
            from: try openModelWeights(directory: source.path), into: values.all, layout: network.layout)
        let folder = try TemporaryDirectory()
        let path = folder.path + "/model"
        try writeModelDirectory(
            at: path, values: values.all, layout: network.layout,
            files: ModelFiles(
                config: source.config, tokens: source.tokens, preprocessor: source.preprocessor,
                tokenizer: source.tokenizer, card: "# A card\n"))
        let written = try ModelDirectory(path: path)
        #expect(written.config == source.config && written.tokens == source.tokens)
        #expect(written.preprocessor == source.preprocessor && written.tokenizer == source.tokenizer)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: path).sorted() == [
                "README.md", "config.json", "model.safetensors", "preprocessor_config.json",
                "special_tokens_map.json", "tokenizer_config.json", "vocab.json",
            ])
        let read = FlatBuffer(count: network.layout.count)
        let report = try loadParameters(
            from: try openModelWeights(directory: path), into: read.all, layout: network.layout)
        #expect(report.missing.isEmpty && report.unexpected.isEmpty)
        #expect(sameBits(read.all.array(), values.all.array()))
        // The old spelling of weight norm, which every version of transformers reads.
        let file = try SafetensorsFile(path: path + "/model.safetensors")
        #expect(file.info("wav2vec2.encoder.pos_conv_embed.conv.weight_v") != nil)
    }

    @Test("a model replaces a model, and no other files")
    func replacing() throws {
        let folder = try TemporaryDirectory()
        var layout = ParameterLayout()
        _ = layout.add("w", [1])
        let values = FlatBuffer(count: layout.count)
        let files = ModelFiles(
            config: .object([]), tokens: ["<pad>"], preprocessor: PreprocessorConfig(),
            tokenizer: TokenizerConfig())
        let path = folder.path + "/model"
        for _ in 0..<2 { try writeModelDirectory(at: path, values: values.all, layout: layout, files: files) }
        try folder.write("dear diary", to: "home/diary.txt")
        let home = folder.path + "/home"
        let message = fault {
            try writeModelDirectory(at: home, values: values.all, layout: layout, files: files)
        }
        #expect(message.contains("is a folder of other files"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: home) == ["diary.txt"])
        #expect(try folder.names() == ["home", "model"])
    }
}
