import Decoding
import Foundation
import Tensors
import TestSupport
import Testing

/// The scores are written with seven decimals.
private let goldenTolerance = 1e-5

private let folder = goldenFolder + "/language_models/"

func golden(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + name)))
}

/// A golden file as a model, converted if need be.
private func model(_ name: String) throws -> any NGramModel {
    let bytes = MappedBytes(try golden(name))
    if let mapped = try mappedModel(bytes) { return mapped }
    let file = MemoryFile()
    try convertModel(name: name, bytes, into: file, workspace: .inMemory())
    return try MappedTrie(MappedBytes(file.bytes))
}

/// The sentences that KenLM has scored.
private func scored(_ name: String) throws -> [(score: Double, words: [String])] {
    String(decoding: try golden(name), as: UTF8.self).split(separator: "\n").compactMap { line in
        let parts = line.split(separator: "\t")
        return Double(parts[0]).map { ($0, parts[1].split(separator: " ").map(String.init)) }
    }
}

struct LanguageModelTests {
    @Test(
        "sentences score as KenLM scores them, whatever file the model comes from",
        arguments: [
            ("order3.arpa", "order3.scores"), ("order3.probing", "order3.scores"),
            ("order3.trie", "order3.scores"), ("order4-pruned.arpa", "order4-pruned.scores"),
        ])
    func scores(files: (model: String, scores: String)) throws {
        let model = try model(files.model)
        let sentences = try scored(files.scores)
        let known = Set(String(decoding: try golden("text.txt"), as: UTF8.self).split { $0.isWhitespace })
        #expect(sentences.count == 40)
        for (score, words) in sentences {
            let found = model.score(sentence: words)
            #expect(abs(found.logProbability - score) < goldenTolerance, "\(words)")
            #expect(found.unknownWords == words.count { !known.contains($0[...]) })
        }
    }

    @Test(
        "an estimated model is lmplz's, n-gram for n-gram",
        arguments: [
            ("order3.arpa", [Int](), 3), ("order4-pruned.arpa", [0, 0, 1], 4),
        ])
    func estimation(expected: (file: String, prune: [Int], order: Int)) throws {
        let golden = try table(String(decoding: golden(expected.file), as: UTF8.self))
        // In memory, and through scratch in many runs.
        for bytes in [64 << 20, 1 << 15] {
            let file = MemoryFile()
            var builder = try KneserNeyBuilder(
                order: expected.order, prune: expected.prune, workspace: .inMemory(bytes: bytes))
            try builder.add(
                name: "text", DecodingTests.bytes(try DecodingTests.golden("text.txt"), pieces: 1000))
            var output = ARPAOutput(into: file)
            _ = try builder.finish(into: &output)
            let found = try table(String(decoding: file.bytes, as: UTF8.self))
            #expect(Set(found.keys) == Set(golden.keys))
            for (gram, values) in golden {
                // lmplz computes in float32 and writes seven digits.
                #expect(zip(values, found[gram] ?? []).allSatisfy { abs($0 - $1) < 2e-6 }, "\(gram)")
                #expect(found[gram]?.count == values.count, "\(gram)")
            }
        }
    }

    /// What an ARPA file says of each n-gram.
    private func table(_ arpa: String) throws -> [String: [Double]] {
        var table: [String: [Double]] = [:]
        for line in arpa.split(separator: "\n") {
            let fields = line.split(separator: "\t")
            guard fields.count > 1, let probability = Double(fields[0]) else { continue }
            table[String(fields[1])] = [probability] + fields.dropFirst(2).compactMap { Double($0) }
        }
        return table
    }

    @Test("probabilities of all words that can follow a context add up to one")
    func sums() throws {
        let file = MemoryFile()
        var builder = try KneserNeyBuilder(order: 3, prune: [0, 1], workspace: .inMemory())
        try builder.add(name: "text", bytes(try golden("text.txt"), pieces: 100))
        var output = TrieOutput(into: file, workspace: .inMemory())
        _ = try builder.finish(into: &output)
        let model = try MappedTrie(MappedBytes(file.bytes))
        for context in [["la"], ["la", "casa"], ["casa", "ve"], ["zorro", "la"], []] {
            let state = context.reduce(model.start) { model.score(model.index(of: $1), after: $0).next }
            var sum = 0.0
            for word in 0..<UInt32(model.wordCount) where word != model.sentenceStart {
                sum += pow(10, Double(model.score(word, after: state).logProbability))
            }
            // Float32 logarithms of some seventy words.
            #expect(abs(sum - 1) < 1e-5, "\(context): \(sum)")
        }
    }

    @Test("a model written in ARPA's format and read again is the same file")
    func roundTrip() throws {
        for name in ["order3.arpa", "order4-pruned.arpa"] {
            let first = MemoryFile()
            try convertModel(
                name: name, MappedBytes(try golden(name)), into: first, workspace: .inMemory())
            let text = MemoryFile()
            try MappedTrie(MappedBytes(first.bytes)).writeARPA(into: text)
            let second = MemoryFile()
            // Through many runs of scratch this time.
            try convertModel(
                name: name, MappedBytes(text.bytes), into: second, workspace: .inMemory(bytes: 1 << 10))
            #expect(first.bytes == second.bytes)
        }
    }

    @Test("a model is the same file, bit for bit, however little memory it is made with")
    func smallWorkspace() throws {
        let source = try golden("order3.arpa")
        func converted(memory: Int) throws -> [UInt8] {
            let file = MemoryFile()
            try convertModel(
                name: "lm", MappedBytes(source), into: file,
                workspace: Workspace(memoryBytes: memory) { MemoryFile() })
            return file.bytes
        }
        #expect(try converted(memory: 64 << 20) == converted(memory: 1 << 12))
    }

    @Test("what opening a model takes is known from its header: its trie's bytes, but for how long words are")
    func sizes() throws {
        for name in ["order3.arpa", "order3.arpa.gz", "order3.trie", "order3.probing"] {
            let bytes = MappedBytes(try golden(name))
            let size = try languageModelSize(name: name, bytes)
            let model = try model(name)
            #expect(
                size.words == model.wordCount && size.isConverted == (name != "order3.probing"), "\(name)")
            guard size.isConverted else { continue }
            let file = MemoryFile()
            try convertModel(name: name, bytes, into: file, workspace: .inMemory())
            #expect(abs(size.mappedBytes - file.count) < 6 * model.wordCount, "\(name)")
        }
    }

    @Test("a pruned n-gram whose longer ones stay is passed through")
    func blanks() throws {
        // "a b" is missing, "<s> a b" is there.
        let model = try DecodingTests.model(
            arpa: smallARPA.replacingOccurrences(of: "-0.7\ta b\t-0.25\n", with: "")
                .replacingOccurrences(of: "ngram 2=5", with: "ngram 2=4")
                .replacingOccurrences(of: "-0.1\ta b a\n", with: "").replacingOccurrences(
                    of: "ngram 3=2", with: "ngram 3=1"))
        let found = model.score(sentence: ["a", "b", "b"]).logProbability
        // <s> a; <s> a b; b after "a b", which has no back-off weight: b's own, twice; the end after b.
        #expect(abs(found - (-0.3 - 0.2 + (-0.2 - 0.9) + -0.5)) < goldenTolerance)
        #expect(
            abs(
                model.score(sentence: ["b", "a", "b"]).logProbability
                    - (-0.3 - 0.9 - 0.4 + (0.05 - 0.4 - 0.9) - 0.5)) < goldenTolerance)
    }

    @Test("gzip streams are read: stored, fixed and dynamic blocks, and members one after the other")
    func gzip() throws {
        let arpa = try golden("order3.arpa")
        for name in ["order3.arpa.gz", "order3-fixed.arpa.gz", "order3-members.arpa.gz"] {
            let source = inflate(bytes(try golden(name), pieces: 31))
            var found: [UInt8] = []
            while let piece = try source() { found += piece }
            #expect(found == arpa, "\(name)")
        }
    }

    @Test("a file that says what cannot be is refused with its line")
    func faults() {
        func fault(_ from: String, _ to: String) -> String {
            do {
                _ = try DecodingTests.model(arpa: smallARPA.replacingOccurrences(of: from, with: to))
                return ""
            } catch { return "\(error)" }
        }
        #expect(fault("\\end\\", "") == "lm.arpa: line 23: \\end\\ is missing after the last n-gram")
        #expect(fault("-0.5\ta", "0.5\ta").contains("line 10: a logarithm of a probability is above 0"))
        #expect(fault("-0.5\ta", "x\ta").contains("line 10: \"x\" is not a number"))
        #expect(fault("\ta b\t", "\ta c\t").contains("line 15: the word \"c\" has no unigram"))
        #expect(fault("ngram 2=5", "ngram 2=6").contains("announces 6 n-grams of 2 words; there are fewer"))
        #expect(fault("ngram 2=5", "ngram 2=4").contains("\\3-grams: is expected"))
        #expect(fault("-0.9\tb", "-0.9\ta").contains("the word \"a\" occurs twice"))
        #expect(fault("-0.8\ta </s>", "-0.8\ta b").contains("an n-gram of 2 words occurs twice"))
        #expect(fault("\\data\\", "").contains("is this a model in ARPA's format?"))
        #expect(fault("-0.2\t<s> a b", "-0.2\t<s> a b\t-1").contains("4 fields are expected"))
    }
}
