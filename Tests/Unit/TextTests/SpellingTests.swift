import TestSupport
import Testing
import Text

struct SpellingTests {
    private let first = ["<pad>", "<s>", "</s>", "<unk>"]

    @Test("a sigma at the end of a word is lowered to its final form, as in Python")
    func finalSigma() {
        let cases = [
            ("ΟΔΟΣ", "οδος"), ("ΟΔΟΣ ΣΟΦΟΣ", "οδος σοφος"), ("Σ", "σ"), ("ΑΣ.", "ας."), ("ΑΣ'Α", "ασ'α"),
            ("Α\u{301}Σ", "α\u{301}ς"), ("ΑΣ\u{301}", "ας\u{301}"), ("ΑΣ\u{301}Β", "ασ\u{301}β"),
            ("1Σ", "1σ"),
            ("ΣΣ", "σς"), ("İΣ", "i\u{307}ς"),
        ]
        for (upper, lower) in cases {
            let found = Array(TextCase.lower.apply(upper).unicodeScalars)
            #expect(found == Array(lower.unicodeScalars), "\(upper)")
        }
    }

    @Test("of tokens of several letters the longest that fits is taken")
    func longest() throws {
        let vocabulary = try Vocabulary(
            tokens: first + ["|", "a", "s", "h", "i", "n", "g", "sh", "ng", "shn", "t͡ʃ", "t"])
        #expect(try vocabulary.encode("shasing") == [11, 5, 6, 8, 12])
        #expect(try vocabulary.encode("nghashn") == [12, 7, 5, 13])
        #expect(try vocabulary.encode("t͡ʃat") == [14, 5, 15])
        // Words stay apart, where transformers' tokenizer would take the space away.
        #expect(try vocabulary.encode("ash ish") == [5, 11, 4, 8, 11])
        #expect(vocabulary.tokenize("shxng").unknown == ["x"])
        #expect(vocabulary.decode(tokens: [11, 5, 4, 12]) == "sha ng")
    }

    @Test("letters without a delimiter are letters, and text decodes without spaces")
    func withoutDelimiter() throws {
        let vocabulary = try Vocabulary(tokens: first + ["你", "好", "中", "国", "人"])
        #expect(try vocabulary.encode("你好中国人") == [4, 5, 6, 7, 8])
        #expect(vocabulary.decode(path: [4, 4, 0, 4, 5]) == "你你好")
        #expect(vocabulary.wordDelimiter == nil)
        #expect(fault { try vocabulary.encode("你们") } == "\"们\" not in the vocabulary")
        let thai = try Vocabulary(tokens: first + ["\u{E01}", "\u{E34}", "\u{E19}"])
        #expect(try thai.encode("\u{E01}\u{E34}\u{E19}") == [4, 5, 6])
    }

    @Test("a tokenizer that lowers raises what it encodes and lowers what it decodes")
    func lowersCase() throws {
        let vocabulary = try Vocabulary(
            tokens: first + ["|", "A", "Σ"], spelling: Spelling(lowersCase: true))
        #expect(try vocabulary.encode("aσ a") == [5, 6, 4, 5])
        #expect(vocabulary.decode(tokens: [5, 6, 4, 5]) == "aς a")
    }

    @Test("what a vocabulary lacks can be dropped, or stand as the token for the unknown")
    func unknown() throws {
        let vocabulary = try Vocabulary(tokens: first + ["|", "a", "b"])
        #expect(try vocabulary.encode("axb xx a", unknown: .drop) == [5, 6, 4, 4, 5])
        #expect(try vocabulary.encode("axb", unknown: .unknown) == [5, 3, 6])
        #expect(vocabulary.known("axb xx a") == "ab a")
        let without = try Vocabulary(tokens: ["<pad>", "a"])
        #expect(fault { try without.encode("x", unknown: .unknown) }.contains("no token \"<unk>\""))
        #expect(try without.encode("a", unknown: .unknown) == [1])
    }

    @Test("a letter in another Unicode form is told from the one that the vocabulary has")
    func forms() throws {
        let vocabulary = try Vocabulary(tokens: first + ["|", "É", "E"])
        let message = fault { try vocabulary.encode("E\u{301}") }
        #expect(message.contains("\"E\u{301}\" (U+0045 U+0301; the vocabulary has U+00C9)"))
        #expect(message.contains("normalise the texts to NFC"))
        let hangul = try Vocabulary(tokens: first + ["한"])
        #expect(fault { try hangul.encode("\u{1112}\u{1161}\u{11AB}") }.contains("the vocabulary has U+D55C"))
    }

    @Test("what does not show is named by its code points")
    func invisible() {
        #expect(named("é") == "\"é\"" && named("你") == "\"你\"")
        #expect(named("\u{AD}") == "U+00AD" && named("\u{200F}") == "U+200F" && named("\u{A0}") == "U+00A0")
        #expect(named("e\u{301}") == "\"e\u{301}\" (U+0065 U+0301)" && named("\u{301}") == "U+0301")
        #expect(listed("a") == "a" && listed("\u{200B}") == "U+200B")
    }

    @Test("spaces before punctuation are taken out where a tokenizer does so")
    func cleaning() throws {
        let tokens = first + ["|", "a", "s", ".", "'"]
        let vocabulary = try Vocabulary(tokens: tokens, spelling: Spelling(cleansSpaces: true))
        #expect(vocabulary.decode(tokens: [5, 4, 7]) == "a.")
        #expect(vocabulary.decode(tokens: [5, 4, 8, 6]) == "a's")
    }
}
