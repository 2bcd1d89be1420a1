import Testing
import Text

@testable import Recipe

struct TextPreparationTests {
    @Test("texts are brought to a Unicode form, case, and cleaned, in this order")
    func steps() {
        func apply(_ text: String, _ change: (inout TextPreparation) -> Void) -> [Unicode.Scalar] {
            var preparation = TextPreparation()
            change(&preparation)
            return Array(preparation.apply(text).unicodeScalars)
        }
        #expect(
            apply("e\u{301} \u{1112}\u{1161}\u{11AB}") { $0.normalization = .composed } == ["é", " ", "한"])
        #expect(apply("ﬁＡ") { $0.normalization = .compatible } == ["f", "i", "A"])
        #expect(apply("Ab") { $0.textCase = .upper } == ["A", "B"])
        #expect(apply("a\u{AD}b\u{200B}") { $0.dropped = "\u{AD}\u{200B}" } == ["a", "b"])
        let clean = apply("«Don't» well-known, O'Neil's 3.5 – «'tis»!") { $0.punctuation = .drop }
        #expect(String(String.UnicodeScalarView(clean)) == "Don't well known O'Neil's 35 tis")
        #expect(apply("कि।") { $0.punctuation = .drop } == ["क", "ि"])
    }

    @Test("what would make a vocabulary hold all letters is named first, leaving letters out after it")
    func remedies() throws {
        let tokens = ["<pad>", "<s>", "</s>", "<unk>", "|", "A", "B", "É"]
        let vocabulary = try Vocabulary(tokens: tokens)
        func first(_ text: String) -> String? {
            TextPreparation().remedies(for: [text], vocabulary: vocabulary).first?.recipeText
        }
        #expect(first("ab") == "data.text_case = \"upper\"")
        #expect(first("E\u{301}") == "data.text_normalization = \"nfc\"")
        #expect(first("A, B!") == "data.punctuation = \"drop\"")
        #expect(first("a, b") == "data.text_case = \"upper\" with data.punctuation = \"drop\"")
        #expect(first("AX") == "data.drop_characters")
        #expect(TextPreparation().remedies(for: ["AB"], vocabulary: vocabulary).isEmpty)
        let remedies = TextPreparation().remedies(for: ["ab"], vocabulary: vocabulary)
        #expect(remedies[0].optionText == "--text-case upper")
    }
}
