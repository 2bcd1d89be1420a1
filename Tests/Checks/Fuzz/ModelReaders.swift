import Checkpoints
import Foundation
import JSON
import Recipe
import Reports
import Speech
import Tasks
import TestSupport
import Text

/// A model's small files, of Hugging Face and of fairseq.
func modelReaders() throws -> [FuzzedReader] {
    func golden(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(goldenFolder)/\(name)")))
    }
    let model = "models/tiny-stable/"
    let tokenizer =
        #"{"pad_token": "<pad>", "word_delimiter_token": "|", "do_lower_case": false, "#
        + #""added_tokens_decoder": {"11": {"content": "<x>", "special": true}}}"#
    let directory = [
        Seed("config.json", try golden(model + "config.json")),
        Seed("vocab.json", try golden(model + "vocab.json")),
        Seed("preprocessor_config.json", try golden(model + "preprocessor_config.json")),
        Seed("tokenizer_config.json", tokenizer), Seed("added_tokens.json", #"{"<y>": 12}"#),
        Seed("special_tokens_map.json", #"{"unk_token": {"content": "<unk>"}}"#),
    ]
    let configTokens =
        jsonTokens
        + [[UInt8]](
            texts: "\"conv_dim\": [", "\"hidden_size\": 0", "\"num_attention_heads\": 7",
            "\"vocab_size\": -1",
            "\"feat_extract_norm\": \"layer\"", "\"model_type\": \"hubert\"", "[9223372036854775807]",
            "null, ")
    let headless = "checkpoints/group-headless/"
    // Some of its names: shards may hold more, and each byte of a name that changes is a refusal.
    let names = try JSONValue(parsing: try golden(headless + "model.safetensors.index.json"))["weight_map"]
    let index = JSONValue.object([
        .init(
            "metadata", .object([.init("total_size", .integer(1 << 20)), .init("note", .string("a note"))])),
        .init("weight_map", .object(Array((names?.members ?? []).prefix(2)))),
    ])
    let shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    return [
        FuzzedReader(name: "model directory", weight: 5, folders: [directory], tokens: configTokens) {
            folder in
            try InspectedReaders.model(folder)
        },
        FuzzedReader(
            name: "sharded weights",
            folders: [
                [Seed("model.safetensors.index.json", index.line)]
                    + (try shards.map { Seed($0, try golden(headless + $0), isBroken: false) })
            ], tokens: jsonTokens + [[UInt8]](texts: "../", "/etc/passwd", "\"weight_map\": {")
        ) { folder in
            let source = try ShardedSource(index: folder + "/model.safetensors.index.json")
            for name in source.names { precondition(source.info(name) != nil) }
        },
        FuzzedReader(
            name: "vocabulary", weight: 4, folders: [[Seed("vocab.json", try golden(model + "vocab.json"))]],
            tokens: jsonTokens + [[UInt8]](texts: "\"e\\u0301\": 1", "\"\": 3", "\"|\": 0")
        ) { folder in
            let tokens = try ModelDirectory.tokens(ofVocabulary: folder + "/vocab.json")
            let vocabulary = try Vocabulary(tokens: tokens)
            _ = vocabulary.decode(path: Array(0..<vocabulary.size))
            let ids = vocabulary.tokenize(vocabulary.decode(tokens: Array(0..<vocabulary.size))).ids
            precondition(ids.allSatisfy { (0..<vocabulary.size).contains($0) })
        },
        fairseqDictionary(), try fairseqReader(golden), try packReader(),
    ]
}

/// A packed model, read completely.
private func packReader() throws -> FuzzedReader {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/model.pack"
    _ = try ModelPack.write(directory: goldenFolder + "/models/tiny-stable", to: path)
    let content = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    return FuzzedReader(
        name: "packed model", weight: 2, folders: [[Seed("model.pack", content)]],
        tokens: jsonTokens
            + [[UInt8]](
                texts: "file/", "weights/model.safetensors/0", "/header", "\"version\":\"2\"", "../",
                "bytes/model.safetensors") + [[0x28, 0xB5, 0x2F, 0xFD, 0xE0]]
    ) { folder in
        let path = folder + "/model.pack"
        try InspectedReaders.model(path)
        try readAll(try ModelPack(path: path), fileBytes: 1_000 * content.count)
    }
}

private func fairseqDictionary() -> FuzzedReader {
    FuzzedReader(
        name: "fairseq dictionary", weight: 4,
        folders: [[Seed("dict.ltr.txt", "| 94802\nE 51860\nT 38431\né 7\n")]],
        tokens: [[UInt8]](
            texts: " ", "\n", "\r\n", "<s> 1\n", "| 1\n", "\u{FEFF}", "\u{0}", "e\u{301} 1\n", "\u{A0}")
    ) { folder in
        let tokens = try Manifest.fairseqTokens(dictionary: folder + "/dict.ltr.txt")
        _ = try Vocabulary(tokens: tokens)
    }
}

/// fairseq's checkpoints with a broken pickle: it is the first entry and most of what is read.
private func fairseqReader(_ golden: (String) throws -> [UInt8]) throws -> FuzzedReader {
    let files = try ["pretrained-args-zip.pt", "hubert-stable.pt", "stable-cfg-legacy.pt"].map {
        try golden("checkpoints/fairseq/" + $0)
    }
    let length = 16 << 10
    return FuzzedReader(
        name: "fairseq checkpoint",
        folders: files.map {
            [Seed("model.pt", Array($0.prefix(length)), tail: Array($0.dropFirst(length)))]
        }, tokens: pickleTokens
    ) { folder in try InspectedReaders.model(folder + "/model.pt") }
}
