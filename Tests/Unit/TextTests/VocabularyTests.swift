import TestSupport
import Testing
import Text

struct VocabularyTests {
    private let tokens = ["<pad>", "<s>", "</s>", "<unk>", "|", "A", "B", "\u{E9}", "e", "\u{301}", "ch"]

    private func letters() throws -> Vocabulary { try Vocabulary(tokens: tokens) }

    @Test("the text of a path is that of transformers' tokenizer")
    func decoding() throws {
        let vocabulary = try letters()
        let table = try goldenTable("decoding")
        #expect(table.count == 40)
        for line in table {
            let path = line[0].split(separator: " ").compactMap { Int($0) }
            // By code points: == would take é for its two parts.
            let found = Array(vocabulary.decode(path: path).unicodeScalars)
            #expect(found == Array(line[1].unicodeScalars), "\(line)")
        }
    }

    @Test("repeats are merged unless a blank stands between, and special tokens are dropped after that")
    func paths() throws {
        let vocabulary = try letters()
        #expect(vocabulary.decode(path: [5, 5, 0, 5, 6, 6]) == "AAB")
        #expect(vocabulary.decode(path: [5, 1, 5, 3, 2, 6]) == "AAB")
        #expect(vocabulary.decode(path: [4, 0, 4, 5, 4, 4, 6, 4]) == "A B")
        #expect(vocabulary.decode(path: []) == "" && vocabulary.decode(path: [4, 0, 4]) == "")
        #expect(vocabulary.decode(tokens: [5, 5, 4, 6]) == "AA B")
    }

    @Test("a text is encoded as its characters with the delimiter between words")
    func encoding() throws {
        let vocabulary = try letters()
        #expect(try vocabulary.encode("AB A") == [5, 6, 4, 5])
        #expect(try vocabulary.encode("  A \t\n B ") == [5, 4, 6])
        #expect(try vocabulary.encode("") == [])
        #expect(try vocabulary.encode("A|B") == [5, 4, 6], "a delimiter in the text is one")
        #expect(vocabulary.decode(tokens: try vocabulary.encode("AB BA")) == "AB BA")
    }

    @Test("characters are code points, as in transformers, or whole where a vocabulary was made of such")
    func graphemes() throws {
        let vocabulary = try letters()
        #expect(try vocabulary.encode("\u{E9}") == [7])
        #expect(try vocabulary.encode("e\u{301}") == [8, 9])
        let whole = try Vocabulary(tokens: ["<pad>", "|", "\u{915}\u{93E}"])
        #expect(try whole.encode("\u{915}\u{93E}") == [2])
        #expect(fault { try whole.encode("\u{915}") } == "\"\u{915}\" not in the vocabulary")
    }

    @Test("tokens that only look the same are different, the same ones are refused")
    func lookalikes() throws {
        let greek = try Vocabulary(tokens: ["<pad>", "|", "\u{3AC}", "\u{1F71}", "\u{212B}", "\u{C5}"])
        #expect(try greek.encode("\u{1F71}\u{C5}") == [3, 5])
        #expect(fault { try Vocabulary(tokens: ["<pad>", "a", "a"]) }.contains("\"a\" twice"))
    }

    @Test("every unknown character is named once, and special tokens are no text")
    func unknown() throws {
        let vocabulary = try letters()
        #expect(fault { try vocabulary.encode("xAyx Z") } == "\"x\", \"y\", \"Z\" not in the vocabulary")
        #expect(fault { try vocabulary.encode("<s>") }.contains("\"<\""))
        #expect(fault { try vocabulary.encode("a") }.contains("\"a\""), "case matters")
    }

    @Test("phones are separated by spaces, in and out")
    func phones() throws {
        let vocabulary = try Vocabulary(
            tokens: ["<pad>", "<s>", "</s>", "<unk>", "t\u{361}\u{283}", "a", "a\u{2D0}"], wordDelimiter: nil)
        #expect(try vocabulary.encode("t\u{361}\u{283} a\u{2D0} a") == [4, 6, 5])
        #expect(vocabulary.decode(path: [4, 4, 0, 6, 1, 5, 5]) == "t\u{361}\u{283} a\u{2D0} a")
        #expect(fault { try vocabulary.encode("a b <s>") } == "\"b\", \"<s>\" not in the vocabulary")
        // A delimiter that the tokens lack is none.
        #expect(try Vocabulary(tokens: ["<pad>", "aa", "b"]).encode("aa b") == [1, 2])
    }

    @Test("the blank must be a token")
    func blank() throws {
        #expect(fault { try Vocabulary(tokens: ["a"]) }.contains("no token \"<pad>\""))
        let vocabulary = try Vocabulary(tokens: ["|", "a", "[PAD]"], blank: "[PAD]")
        #expect(vocabulary.blank == 2 && vocabulary.size == 3)
        #expect(vocabulary.decode(path: [1, 2, 1, 0, 2, 1]) == "aa a")
    }

    @Test(
        "a vocabulary of transcripts has wav2vec 2.0's first tokens, then characters by how often they occur")
    func building() throws {
        let vocabulary = Vocabulary.build(from: ["b a|b", "b\u{301} c a", ""])
        #expect(vocabulary.tokens == ["<pad>", "<s>", "</s>", "<unk>", "|", "b", "a", "c", "\u{301}"])
        #expect(vocabulary.blank == 0 && vocabulary.wordDelimiter == "|")
        #expect(try vocabulary.encode("b\u{301} c") == [5, 8, 4, 7])
        let phones = Vocabulary.build(from: ["t\u{283} a", "a <unk>"], wordDelimiter: nil)
        #expect(phones.tokens == ["<pad>", "<s>", "</s>", "<unk>", "a", "t\u{283}"])
        #expect(phones.wordDelimiter == nil)
        #expect(Vocabulary.build(from: []).size == 5)
    }

    @Test("case is changed as asked")
    func textCase() {
        #expect(TextCase.upper.apply("Straße é") == "STRASSE É")
        #expect(TextCase.lower.apply("ÀB") == "àb")
        #expect(TextCase.asIs.apply("Ab") == "Ab")
    }

    @Test("what a vocabulary lacks is named once each, beside the ids of the rest")
    func tokenizing() throws {
        let found = try letters().tokenize("XAB XY")
        #expect(found.ids == [5, 6, 4] && found.unknown == ["X", "Y"])
        #expect(try letters().tokenize("AB").unknown.isEmpty)
    }
}
