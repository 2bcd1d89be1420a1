import Decoding
import Tensors
import TestSupport
import Testing
import Text

/// Files that were cut off, changed or made up are read or refused; nothing else happens.
struct MutationTests {
    /// Walks through a model as scoring does.
    private func walk(_ model: any NGramModel) {
        var context = model.start
        for word in ["la", "casa", "ve", "zorro", "niña", "a", "b"] {
            context = model.score(model.index(of: word), after: context).next
        }
        for word in 0..<UInt32(min(model.wordCount, 100)) {
            precondition(model.word(word).count < 1 << 20)
            context = model.score(word, after: context).next
        }
    }

    private func read(_ bytes: [UInt8]) throws {
        let mapped = MappedBytes(bytes)
        if let model = try mappedModel(mapped) { return walk(model) }
        let file = MemoryFile()
        try convertModel(name: "model", mapped, into: file, workspace: .inMemory(bytes: 1 << 16))
        walk(try MappedTrie(MappedBytes(file.bytes)))
    }

    @Test(
        "language models of every format",
        arguments: [
            "order3.arpa.gz", "order3-members.arpa.gz", "order3.probing", "order3.trie", "small.arpa",
            "small.lm",
        ])
    func models(name: String) throws {
        let original: [UInt8]
        switch name {
        case "small.arpa": original = Array(smallARPA.utf8)
        case "small.lm":
            let file = MemoryFile()
            try convertModel(
                name: name, MappedBytes(Array(smallARPA.utf8)), into: file, workspace: .inMemory())
            original = file.bytes
        default: original = try golden(name)
        }
        try read(original)
        var (taken, refused) = (0, 0)
        for bytes in mutations(of: original, count: name.hasPrefix("small") ? 3000 : 150, seed: 5) {
            do {
                try read(bytes)
                taken += 1
            } catch is DecodingError {
                refused += 1
            }
        }
        #expect(taken + refused > 100 && refused > 0)
    }

    @Test("lexica")
    func lexica() throws {
        let vocabulary = try Vocabulary(tokens: ["<pad>", "|", "a", "b", "é"])
        let original = Array("ab a b |\nba\tb a\nAb a b\né é\nbab\n".utf8)
        var (taken, refused) = (0, 0)
        for text in mutations(of: original, count: 3000, seed: 6) {
            do {
                let lexicon = try Lexicon(name: "lexicon", vocabulary: vocabulary, DecodingTests.bytes(text))
                precondition(lexicon.count > 0)
                taken += 1
            } catch is DecodingError {
                refused += 1
            }
        }
        #expect(taken > 100 && refused > 100)
    }
}
