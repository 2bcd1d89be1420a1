import Foundation
import Testing

struct TextCommandTests {
    private func folder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ngood\n##ness\nfilm\n", to: "vocab.txt")
        return folder
    }

    @Test("tokenize prints a list of ids a line, of texts, pairs and corpora, or the tokens")
    func tokenize() throws {
        let folder = try folder()
        try folder.write("Goodness\n\n[MASK] film\n", to: "texts.txt")
        let ids = try parp(["tokenize", "--model", ".", "texts.txt", "--json"], in: folder)
        #expect(ids.status == 0, "\(ids.screen)")
        #expect(ids.output == "[2, 5, 6, 3]\n[2, 3]\n[2, 4, 7, 3]\n")
        let tokens = try parp(["tokenize", "--model", ".", "texts.txt"], in: folder)
        #expect(tokens.output == "[CLS] good ##ness [SEP]\n[CLS] [SEP]\n[CLS] [MASK] film [SEP]\n")
        try folder.write("good\tfilm\n", to: "pairs.txt")
        let pairs = try parp(["tokenize", "--model", ".", "--pairs", "pairs.txt", "--json"], in: folder)
        #expect(pairs.output == "[2, 5, 3, 7, 3]\n")
        try folder.write("{\"text\": \"good\", \"text_pair\": \"film\\nfilm\"}\n", to: "rows.jsonl")
        let rows = try parp(["tokenize", "--model", ".", "rows.jsonl", "--json"], in: folder)
        #expect(rows.output == "[2, 5, 3, 7, 7, 3]\n")
    }

    @Test("tokenize says what is wrong with a directory or a file, and ends with 65")
    func refused() throws {
        let folder = try folder()
        try folder.write("one\n", to: "pairs.txt")
        let pairs = try parp(["tokenize", "--model", ".", "--pairs", "pairs.txt"], in: folder)
        #expect(
            pairs.status == 65 && pairs.error.contains("line 1: 1 texts separated by tabs; there must be two")
        )
        let model = try parp(["tokenize", "--model", "absent", "pairs.txt"], in: folder)
        #expect(model.status == 65 && model.error.contains("absent: no tokenizer.json"))
    }

    @Test("corpus check states the labels of texts, repetitions and contradictions")
    func check() throws {
        let folder = try folder()
        try folder.write("text,label\ngood film,pos\nfilm,neg\ngood film,neg\n", to: "set.csv")
        let outcome = try parp(["corpus", "check", "set.csv", "--model", "."], in: folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        for line in [
            "examples              3\n", "labels                neg 2, pos 1\n", "texts that repeat     1\n",
            "with another label    1: set.csv:4\n", "tokens                11; 4 median, 4 longest\n",
        ] { #expect(outcome.output.contains(line), "\(outcome.output)") }
        try folder.write("text,label\n ,pos\n", to: "empty.csv")
        let empty = try parp(["corpus", "check", "empty.csv"], in: folder)
        #expect(empty.status == 65 && empty.error.contains("1 of 1 examples have no word: empty.csv:2"))
    }
}
