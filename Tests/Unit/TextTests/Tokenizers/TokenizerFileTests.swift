import Foundation
import JSON
import TestSupport
import Testing
import Text

struct TokenizerFileTests {
    private static let wordPiece = """
        {"version": "1.0", "model": {"type": "WordPiece", "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3}},
         "normalizer": null, "pre_tokenizer": {"type": "BertPreTokenizer"},
         "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]}}
        """

    /// The message about a file in which one text is put for another.
    private func message(_ pattern: String, _ replacement: String) -> String {
        let text = Self.wordPiece.replacingOccurrences(of: pattern, with: replacement)
        return fault { try Tokenizer(tokenizerFile: JSONValue(parsing: text.utf8)) }
    }

    @Test("a small file is read, and missing parts are nil")
    func small() throws {
        let tokenizer = try Tokenizer(tokenizerFile: JSONValue(parsing: Self.wordPiece.utf8))
        #expect(tokenizer.encode("a b").ids == [1, 3, 0, 2])
        #expect(tokenizer.encode("a", addsSpecialTokens: false).ids == [3])
        #expect(tokenizer.unapplied.truncation == nil && !tokenizer.unapplied.padding)
        let bare = #"{"model": {"vocab": {"[UNK]": 0, "a": 1}}}"#
        let unadorned = try Tokenizer(tokenizerFile: JSONValue(parsing: bare.utf8))
        #expect(unadorned.encode("a", pair: "a").ids == [1, 1])
        #expect(unadorned.encode("a", pair: "a").types == [0, 1])
    }

    @Test("parts that are not known are refused by name, with the way to them")
    func unknownParts() {
        #expect(message("\"WordPiece\"", "\"BPE\"").contains("tokenizer.json: model is BPE"))
        #expect(message("null", "{\"type\": \"NFC\"}").contains("tokenizer.json: normalizer is NFC"))
        #expect(
            message("null", #"{"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "Nmt"}]}"#)
                .contains("normalizer: normalizers[1] is Nmt"))
        #expect(
            message("null", #"{"type": "Replace", "pattern": {"Regex": "a+"}, "content": ""}"#)
                .contains("pattern is a regular expression"))
        #expect(message("BertPreTokenizer", "ByteLevel").contains("pre_tokenizer is ByteLevel"))
        #expect(
            message("BertProcessing", "RobertaProcessing").contains("post_processor is RobertaProcessing"))
        #expect(message("1.0", "2.0").contains("version \"2.0\""))
    }

    @Test("broken values are refused by their place")
    func brokenValues() {
        #expect(message("\"a\": 3", "\"a\": -3").contains("vocab: a is no id"))
        #expect(message("\"a\": 3", "\"a\": \"x\"").contains("vocab: a is no id"))
        #expect(message("\"[UNK]\": 0, ", "").contains("no piece \"[UNK]\""))
        #expect(message("\"sep\": [\"[SEP]\", 2]", "\"sep\": 3").contains("post_processor: sep is no array"))
        #expect(message("\"model\"", "\"modell\"").contains("has no \"model\""))
        #expect(message("null", "7").contains("normalizer is no object"))
        #expect(
            message("null", #"{"type": "Precompiled", "precompiled_charsmap": "?"}"#).contains("is no base64")
        )
        #expect(
            message("null", #"{"type": "Precompiled", "precompiled_charsmap": "AAAA"}"#).contains("cut off"))
        #expect(
            message(
                "\"WordPiece\", \"vocab\": {\"[UNK]\": 0, \"[CLS]\": 1, \"[SEP]\": 2, \"a\": 3}",
                "\"Unigram\", \"unk_id\": 5, \"vocab\": [[\"a\", 0.0]]"
            ).contains("there are 1 pieces"))
    }

    @Test("steps that would double a text again and again are refused")
    func growth() {
        let step = #"{"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}"#
        let steps = [String](repeating: step, count: 40).joined(separator: ", ")
        #expect(
            message("null", "{\"type\": \"Sequence\", \"normalizers\": [\(steps)]}").contains(
                "2000 are allowed"))
    }

    @Test("a character map whose trie leads anywhere changes nothing and stops nothing")
    func hostileCharacterMap() throws {
        for unit in [UInt32.max, 0x8000_0000, 0x7FFF_FFFF, 0x0000_0361] {
            let units = [UInt32](repeating: unit, count: 128)
            let bytes = ([UInt32(units.count * 4)] + units).flatMap { word in
                (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
            }
            let map = try CharacterMap(bytes + [0x61, 0])
            let model = try Unigram(pieces: [("<unk>", 0), ("a", -1)], unknown: 0)
            let tokenizer = try Tokenizer(
                model: .unigram(model), pieces: [("<unk>", 0), ("a", 1)], normalizer: .precompiled(map),
                preTokenizer: nil, addedTokens: []
            ) { _ throws(TextError) in .none }
            #expect(tokenizer.encode("aé").ids.count <= 2)
        }
    }

    @Test("a spiece.model cut off anywhere, or with any byte changed, is read or refused, nothing else")
    func hostileSentencePiece() throws {
        let bytes = Array(
            try Data(contentsOf: URL(fileURLWithPath: "\(goldenFolder)/text/spiece.model")))
        var refused = 0
        for length in stride(from: 0, to: bytes.count, by: 7) {
            if (try? SentencePieceModel(Array(bytes[..<length]))) == nil { refused += 1 }
        }
        #expect(refused > bytes.count / 14)
        for place in stride(from: 0, to: bytes.count, by: 3) {
            var changed = bytes
            changed[place] ^= 0xFF
            guard let model = try? SentencePieceModel(changed),
                let tokenizer = try? Tokenizer(sentencePiece: model)
            else { continue }
            #expect(tokenizer.encode("a good ½ film").ids.count < 50)
        }
    }

    @Test("a directory is read by its tokenizer.json, or else by its vocabulary and configuration")
    func directories() throws {
        let folder = try TemporaryDirectory()
        #expect(fault { try Tokenizer(directory: folder.path) }.contains("no tokenizer.json"))
        try folder.write("[UNK]\n[CLS]\n[SEP]\nA\na\n", to: "vocab.txt")
        #expect(try Tokenizer(directory: folder.path).encode("A").ids == [1, 4, 2])
        try folder.write(
            #"{"do_lower_case": false, "cls_token": {"content": "[SEP]"}}"#, to: "tokenizer_config.json")
        #expect(try Tokenizer(directory: folder.path).encode("A").ids == [2, 3, 2])
        try folder.write(#"{"model_type": "mpnet"}"#, to: "config.json")
        #expect(fault { try Tokenizer(directory: folder.path) }.contains("nor a vocab.txt of BERT"))
        try folder.write(Self.wordPiece, to: "tokenizer.json")
        #expect(try Tokenizer(directory: folder.path).encode("a").ids == [1, 3, 2])
        try folder.write("{\"a\": ", to: "tokenizer.json")
        #expect(fault { try Tokenizer(directory: folder.path) }.contains("tokenizer.json: line 1"))
    }

    @Test("tokens that were added to a vocabulary need a tokenizer.json")
    func addedWithoutFile() throws {
        let json = #"{"added_tokens_decoder": {"9": {"content": "<new>"}}}"#
        let message = fault { try TokenizerConfiguration(JSONValue(parsing: json.utf8), over: .bert) }
        #expect(message.contains("adds the token \"<new>\""))
        let known =
            #"{"added_tokens_decoder": {"2": {"content": "[CLS]"}}, "additional_special_tokens": ["<x>"]}"#
        let configuration = try TokenizerConfiguration(JSONValue(parsing: known.utf8), over: .bert)
        #expect(configuration.additional.map(\.content) == ["<x>"])
    }
}
