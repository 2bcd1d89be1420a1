import Decoding
import Foundation
import Tensors
import Testing
import Text

/// Sums of float32 numbers in another order, over ten frames.
private let sumTolerance = 1e-3

struct BeamSearchTests {
    private let vocabulary: Vocabulary

    init() throws { vocabulary = try Vocabulary(tokens: ["<pad>", "|", "a", "b"]) }

    /// Wide enough that nothing is lost.
    private var exhaustive: BeamSettings {
        var settings = BeamSettings()
        settings.width = 1_000_000
        settings.beamThreshold = .infinity
        settings.tokenThreshold = -.infinity
        return settings
    }

    /// ln of the probability of every text, over all paths.
    private func textsByPath(_ logits: Tensor) -> [String: Double] {
        var texts: [String: Double] = [:]
        let columns = logits.columns
        var rows: [[Double]] = []
        for frame in 0..<logits.rows {
            let row = (0..<columns).map { Double(logits[frame, $0]) }
            let normalizer = log(row.reduce(0) { $0 + exp($1) })
            rows.append(row.map { $0 - normalizer })
        }
        let paths = Int(pow(Double(columns), Double(logits.rows)))
        for number in 0..<paths {
            var rest = number
            var path: [Int] = []
            var score = 0.0
            for frame in 0..<logits.rows {
                path.append(rest % columns)
                score += rows[frame][rest % columns]
                rest /= columns
            }
            let text = Text.words(vocabulary.decode(path: path)).joined(separator: " ")
            texts[text, default: 0] += exp(score)
        }
        return texts.mapValues { log($0) }
    }

    @Test("without a language model the search sums the paths of each text", arguments: UInt64(1)...5)
    func acoustics(seed: UInt64) throws {
        let frames = logits(frames: 6, tokens: 4, seed: seed)
        let expected = textsByPath(frames.all.reshaped(rows: 6, columns: 4))
        var search = BeamSearch(try Language(vocabulary: vocabulary), exhaustive)
        search.advance(frames.all.reshaped(rows: 6, columns: 4))
        let found = search.transcriptions(100_000)
        #expect(found.count == expected.count)
        for text in found {
            #expect(abs(text.score - (expected[text.text] ?? .nan)) < sumTolerance, "\(text)")
        }
        #expect(found.map(\.score) == found.map(\.score).sorted(by: >))
    }

    @Test(
        "with a model of words, every text has its acoustic score, α times the sentence's and β a word",
        arguments: [UnknownWords.scored, .penalized(-4), .forbidden])
    func wordModel(unknown: UnknownWords) throws {
        let model = try model(arpa: smallARPA)
        let frames = logits(frames: 6, tokens: 4, seed: 11)
        var settings = exhaustive
        (settings.alpha, settings.beta, settings.unknownWords) = (0.7, 0.9, unknown)
        var search = BeamSearch(try Language(vocabulary: vocabulary, model: model), settings)
        search.advance(frames.all.reshaped(rows: 6, columns: 4))
        let found = Dictionary(
            uniqueKeysWithValues: search.transcriptions(100_000).map { ($0.text, $0.score) })
        var compared = 0
        for (text, acoustic) in textsByPath(frames.all.reshaped(rows: 6, columns: 4)) {
            let sentence = Text.words(text)
            let isKnown = sentence.allSatisfy { ["a", "b"].contains($0) }
            if unknown == .forbidden && !isKnown {
                #expect(found[text] == nil, "\(text)")
                continue
            }
            var language = model.score(sentence: sentence).logProbability
            if case .penalized(let penalty) = unknown {
                language += Double(penalty) * Double(sentence.count { !["a", "b"].contains($0) })
            }
            let score = acoustic + 0.7 * log(10) * language + 0.9 * Double(sentence.count)
            #expect(abs(score - (found[text] ?? .nan)) < sumTolerance, "\(text)")
            compared += 1
        }
        #expect(compared == found.count && compared > 5)
    }

    @Test("a model of characters scores each token, the delimiter among them")
    func characters() throws {
        let arpa = smallARPA.replacingOccurrences(of: "-0.9\tb", with: "-0.9\tb\t-0.2\n-1.1\t|")
            .replacingOccurrences(of: "|\t-0.2", with: "|").replacingOccurrences(
                of: "ngram 1=5", with: "ngram 1=6")
        let model = try model(arpa: arpa)
        let frames = logits(frames: 5, tokens: 4, seed: 5)
        var search = BeamSearch(
            try Language(vocabulary: vocabulary, model: model, unit: .character), exhaustive)
        search.advance(frames.all.reshaped(rows: 5, columns: 4))
        for found in search.transcriptions(20) {
            let sentence = model.score(sentence: found.tokens.map { vocabulary.tokens[$0] }).logProbability
            let language = 0.5 * log(10) * sentence + 1.5 * Double(found.tokens.count)
            #expect(abs(found.languageScore - language) < sumTolerance, "\(found)")
        }
    }

    @Test("a lexicon's words come as written; of words spelled alike, the likelier")
    func lexicon() throws {
        let list = "Ba\tb a |\nab a b\nBah\tb a\n"
        let lexicon = try Lexicon(name: "lexicon", vocabulary: vocabulary, bytes(list))
        let model = try model(
            arpa: smallARPA.replacingOccurrences(
                of: "-0.5\ta\t", with: "-0.5\tBah\t-0.1\n-0.6\tBa\t-0.1\n-0.7\ta\t"
            )
            .replacingOccurrences(of: "ngram 1=5", with: "ngram 1=7"))
        var settings = exhaustive
        settings.unknownWords = .forbidden
        let frames = logits(frames: 6, tokens: 4, seed: 3)
        var search = BeamSearch(
            try Language(vocabulary: vocabulary, model: model, lexicon: lexicon), settings)
        search.advance(frames.all.reshaped(rows: 6, columns: 4))
        let found = Set(search.transcriptions(1000).flatMap { Text.words($0.text) })
        #expect(found == ["Bah", "ab"], "Ba is spelled like Bah and less likely")
    }

    @Test("a hotword gains its weight once it is whole, and nothing else does")
    func hotwords() throws {
        let frames = logits(frames: 6, tokens: 4, seed: 8)
        func scores(_ phrases: [String]) throws -> [String: Double] {
            let hotwords = Hotwords(phrases, vocabulary: vocabulary)
            var search = BeamSearch(try Language(vocabulary: vocabulary, hotwords: hotwords), exhaustive)
            search.advance(frames.all.reshaped(rows: 6, columns: 4))
            return Dictionary(uniqueKeysWithValues: search.transcriptions(10_000).map { ($0.text, $0.score) })
        }
        let (plain, boosted) = (try scores([]), try scores(["ab", "b a"]))
        #expect(plain.count == boosted.count)
        for (text, score) in plain {
            let words = Text.words(text)
            let whole = words.count { $0 == "ab" } + zip(words, words.dropFirst()).count { $0 == ("b", "a") }
            #expect(abs((boosted[text] ?? .nan) - score - 10 * Double(whole)) < sumTolerance, "\(text)")
        }
    }

    @Test(
        "a hotword is heard though the language model has not got it and unknown words are penalised or forbidden",
        arguments: [UnknownWords.scored, .penalized(-10), .forbidden])
    func unknownHotword(unknown: UnknownWords) throws {
        let spoken = FlatBuffer(count: 3 * 4)
        // b, a, b, of which the model of "a" and "b" knows no word.
        for (frame, token) in [3, 2, 3].enumerated() { spoken.all[frame * 4 + token] = 6 }
        let frames = spoken.all.reshaped(rows: 3, columns: 4)
        func heard(_ phrases: [String]) throws -> String? {
            var settings = BeamSettings()
            settings.unknownWords = unknown
            let language = try Language(
                vocabulary: vocabulary, model: try model(arpa: smallARPA),
                hotwords: phrases.isEmpty ? nil : Hotwords(phrases, vocabulary: vocabulary))
            return BeamDecoder(language: language, settings: settings).transcriptions(of: frames).first?.text
        }
        #expect(try heard(["bab"]) == "bab")
        if unknown == .forbidden {
            #expect(try heard([]) != "bab")
            // What only begins like a hotword is no word.
            #expect(try heard(["baba"]) != "bab")
        }
    }

    @Test("pieces of speech give what the whole gives, and a beginning can be output before the end")
    func pieces() throws {
        let language = try Language(vocabulary: vocabulary, model: try model(arpa: smallARPA))
        let frames = logits(frames: 200, tokens: 4, seed: 4)
        let all = frames.all.reshaped(rows: 200, columns: 4)
        var whole = BeamSearch(language, BeamSettings())
        whole.advance(all)
        var parts = BeamSearch(language, BeamSettings())
        for start in stride(from: 0, to: 200, by: 30) {
            parts.advance(all.rows(start..<min(200, start + 30)))
            #expect(parts.transcriptions(1, isLast: false).count == 1)
        }
        #expect(parts.transcriptions(5) == whole.transcriptions(5))
    }

    @Test("texts that no beam continues are dropped without changing the result")
    func longSpeech() throws {
        let language = try Language(vocabulary: vocabulary, model: try model(arpa: smallARPA))
        let frames = logits(frames: 600, tokens: 4, seed: 21, spread: 1)
        let all = frames.all.reshaped(rows: 600, columns: 4)
        var remembering = BeamSearch(language, BeamSettings())
        remembering.advance(all)
        var forgetting = BeamSearch(language, BeamSettings(), nodeLimit: 500)
        forgetting.advance(all)
        #expect(forgetting.transcriptions(3) == remembering.transcriptions(3))
    }

    @Test("special tokens are not output, and a vocabulary without words refuses word models")
    func specials() throws {
        let phones = try Vocabulary(tokens: ["<pad>", "<s>", "p", "t"], wordDelimiter: nil)
        let frames = logits(frames: 4, tokens: 4, seed: 2)
        var search = BeamSearch(try Language(vocabulary: phones), exhaustive)
        search.advance(frames.all.reshaped(rows: 4, columns: 4))
        #expect(search.transcriptions(100).allSatisfy { !$0.tokens.contains(1) })
        let model = try model(arpa: smallARPA)
        #expect(throws: DecodingError.self) { try Language(vocabulary: phones, model: model) }
    }
}
