import Foundation
import JSON
import TestSupport
import Testing
import Text

/// A golden file of JSON.
func goldenJSON(_ name: String) throws -> JSONValue {
    try JSONValue(parsing: Data(contentsOf: URL(fileURLWithPath: "\(goldenFolder)/text/\(name).json")))
}

extension JSONValue {
    /// The elements of an array, or none.
    var items: [JSONValue] { elements ?? [] }
    /// An array of whole numbers.
    var integers: [Int] { items.compactMap(\.integer) }
    /// An array of numbers.
    var doubles: [Double] { items.compactMap(\.double) }
    /// An array of strings.
    var strings: [String] { items.compactMap(\.string) }
}

extension Tokenizer {
    fileprivate func encode(_ row: [String], maximumTokens: Int? = nil) -> EncodedText {
        encode(row[0], pair: row.count > 1 ? row[1] : nil, maximumTokens: maximumTokens)
    }
}

struct TokenizerTests {
    @Test("ids and token types are those of the tokenizers library, for texts and pairs")
    func ids() throws {
        let cases = try goldenJSON("tokenizers")["cases"]?.items ?? []
        #expect(cases.count == 8)
        for golden in cases {
            let name = golden["name"]?.string ?? ""
            let tokenizer = try Tokenizer(tokenizerFile: #require(golden["file"]))
            let (texts, ids) = (golden["texts"]?.items ?? [], golden["ids"]?.items ?? [])
            let types = golden["types"]?.items ?? []
            #expect(texts.count == ids.count && texts.count > 30)
            for (index, row) in texts.enumerated() {
                let encoded = tokenizer.encode(row.strings)
                #expect(encoded.ids == ids[index].integers, "\(name): \(row.strings)")
                #expect(encoded.types == types[index].integers, "\(name): \(row.strings)")
                #expect(encoded.cutTokens == 0)
            }
        }
    }

    @Test("texts are cut to a length as the library cuts them, and what was cut is counted")
    func cutting() throws {
        for golden in try goldenJSON("tokenizers")["cases"]?.items ?? [] {
            let tokenizer = try Tokenizer(tokenizerFile: #require(golden["file"]))
            let rows = golden["cut"]?.items ?? []
            #expect(rows.count == 24)
            for row in rows {
                let texts = row["texts"]?.strings ?? []
                let encoded = tokenizer.encode(texts, maximumTokens: row["length"]?.integer)
                #expect(encoded.ids == row["ids"]?.integers, "\(golden["name"]?.string ?? ""): \(texts)")
                #expect(encoded.cutTokens == tokenizer.encode(texts).ids.count - encoded.ids.count)
                #expect(encoded.types.count == encoded.ids.count)
            }
        }
    }

    @Test("truncation and padding in the file are told and not applied")
    func unapplied() throws {
        let golden = try #require(try goldenJSON("tokenizers")["cases"]?.items.first)
        let tokenizer = try Tokenizer(tokenizerFile: #require(golden["file"]))
        #expect(tokenizer.unapplied.truncation == 8 && tokenizer.unapplied.padding)
        #expect(tokenizer.encode("film").ids.count == 3)
        #expect(tokenizer.encode(String(repeating: "film ", count: 20)).ids.count == 22)
    }

    @Test("a spiece.model gives the ids of what transformers converts it into")
    func sentencePiece() throws {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(goldenFolder)/text/spiece.model"))
        let tokenizer = try Tokenizer(sentencePiece: SentencePieceModel(Array(bytes)))
        let golden = try #require(
            try goldenJSON("tokenizers")["cases"]?.items.first { $0["name"]?.string == "XLNet, spiece.model" }
        )
        for (row, ids) in zip(golden["texts"]?.items ?? [], golden["ids"]?.items ?? []) {
            #expect(tokenizer.encode(row.strings).ids == ids.integers, "\(row.strings)")
        }
        #expect(tokenizer.template.specialTokenCount(isPair: true) == 3)
    }

    @Test("a vocab.txt gives the ids of its lines, and what follows a piece is no part of it")
    func vocabulary() throws {
        let lines = "[PAD]\r\n[UNK]\n[CLS]  \n[SEP]\ngood\n##ness\nfilm\nfilm\n\n"
        let tokenizer = try Tokenizer(vocabulary: Array(lines.utf8))
        #expect(tokenizer.encode("Goodness, FILM [SEP] góod").ids == [2, 4, 5, 1, 7, 3, 4, 3])
        #expect(tokenizer.encode("good", pair: "film").types == [0, 0, 0, 1, 1])
        // Eight pieces, since film occurs twice; the mask is added after them.
        #expect(tokenizer.id(of: "[MASK]") == 8)
        #expect(tokenizer.rowCount == 9)
        var cased = TokenizerConfiguration.bert
        cased.lowercases = false
        #expect(
            try Tokenizer(vocabulary: Array(lines.utf8), configuration: cased).encode("Good").ids == [
                2, 1, 3,
            ])
    }

    @Test("ids depend on the scalars of a text, not on what Swift takes for equal strings")
    func scalars() throws {
        let lines = "[UNK]\n[CLS]\n[SEP]\n\u{E9}\ne\n##\u{301}\n"
        var configuration = TokenizerConfiguration.bert
        configuration.stripsAccents = false
        let tokenizer = try Tokenizer(vocabulary: Array(lines.utf8), configuration: configuration)
        #expect(tokenizer.encode("\u{E9}").ids == [1, 3, 2])
        #expect(tokenizer.encode("e\u{301}").ids == [1, 4, 5, 2])
    }

    @Test("marks after a letter are sorted by their classes; those of one class keep their order")
    func markOrder() throws {
        let pieces: [(String, Double)] = [
            ("<unk>", 0), ("a", -1), ("\u{300}", -1), ("\u{301}", -1), ("\u{323}", -1),
        ]
        let tokenizer = try Tokenizer(
            model: .unigram(Unigram(pieces: pieces.map { (piece: $0.0, score: $0.1) }, unknown: 0)),
            pieces: pieces.enumerated().map { ($0.element.0, $0.offset) }, normalizer: .nfd,
            preTokenizer: nil,
            addedTokens: []
        ) { _ throws(TextError) in .none }
        #expect(tokenizer.encode("a\u{301}\u{300}").ids == [1, 3, 2])
        #expect(tokenizer.encode("a\u{300}\u{301}").ids == [1, 2, 3])
        #expect(tokenizer.encode("\u{E0}\u{301}\u{323}").ids == [1, 4, 2, 3])
    }
}
