import Foundation
import Speech
import TestSupport
import Testing

struct CorpusSplitTests {
    /// 400 utterances of 2 to 5 s by 8 speakers, who say 150 texts between them, some with other punctuation.
    private func corpus(reversed: Bool = false, below folder: String = "") throws -> Manifest {
        let directory = try TemporaryDirectory()
        var lines = (0..<400).map { index in
            let text = "\(index % 2 == 0 ? "TEXT" : "Text,") number \(index * 7 % 150)"
            return
                "{\"audio\": \"\(folder)u\(index).wav\", \"duration\": \(2 + index % 4), \"text\": \"\(text)\", "
                + "\"speaker\": \"s\(index * 11 % 8)\"}"
        }
        if reversed { lines.reverse() }
        return try Manifest(path: try directory.write(lines.joined(separator: "\n"), to: "all.jsonl"))
    }

    private func split(
        _ manifest: Manifest, train: Double? = 120, seed: UInt64 = 1, by: CorpusSplit.Separation = .text
    ) throws -> CorpusSplit {
        try CorpusSplit(
            manifest, sizes: .init(train: train, valid: 60, test: 60), seed: seed, separating: by)
    }

    private func seconds(_ utterances: [Utterance]) -> Double {
        utterances.reduce(0) { $0 + $1.durationSeconds }
    }

    @Test("parts have the requested seconds, less than an utterance short, and no text in common")
    func texts() throws {
        let parts = try split(try corpus())
        for (part, wanted) in [(parts.train, 120.0), (parts.valid, 60), (parts.test, 60)] {
            #expect(seconds(part) <= wanted && seconds(part) > wanted - 5)
        }
        let texts = [parts.train, parts.valid, parts.test].map { Set($0.map { comparableText($0.text) }) }
        #expect(texts[0].isDisjoint(with: texts[1]) && texts[0].isDisjoint(with: texts[2]))
        #expect(texts[1].isDisjoint(with: texts[2]))
    }

    @Test("by speaker, parts have no speaker in common either")
    func speakers() throws {
        let parts = try split(try corpus(), train: nil, by: .speaker)
        let all = [parts.train, parts.valid, parts.test]
        for what in [
            all.map { Set($0.map { $0.speaker ?? "" }) }, all.map { Set($0.map { comparableText($0.text) }) },
        ] {
            #expect(what[0].isDisjoint(with: what[1]) && what[0].isDisjoint(with: what[2]))
            #expect(what[1].isDisjoint(with: what[2]))
        }
        #expect(parts.train.count > 100)
        let folder = try TemporaryDirectory()
        let nameless = try Manifest(
            path: try folder.write(#"{"audio": "a.wav", "duration": 1, "text": "x"}"#, to: "x.jsonl"))
        #expect(fault { try split(nameless, by: .speaker) }.contains(":1: utterance a.wav has no speaker"))
    }

    @Test("a part takes its utterances from all speakers alike")
    func balance() throws {
        let counts = Dictionary(grouping: try split(try corpus()).train) { $0.speaker }.mapValues(\.count)
        #expect(counts.count == 8)
        #expect((counts.values.max() ?? 0) - (counts.values.min() ?? 0) <= 1)
    }

    @Test("the result does not depend on the manifest's order or on where the corpus lies")
    func reproducible() throws {
        let parts = try split(try corpus())
        let others = try split(try corpus(reversed: true, below: "/mnt/elsewhere/"))
        for (a, b) in [(parts.train, others.train), (parts.valid, others.valid), (parts.test, others.test)] {
            #expect(a.map(\.text) == b.map(\.text))
            #expect(a.map { "/mnt/elsewhere/" + $0.id } == b.map(\.id))
        }
        #expect(try split(try corpus(), seed: 2).train.map(\.text) != parts.train.map(\.text))
    }

    @Test("a larger training set has the smaller one within it, beside the same valid and test")
    func nested() throws {
        let manifest = try corpus()
        let (small, large) = (try split(manifest, train: 60), try split(manifest, train: 300))
        #expect(Set(small.train).isSubset(of: Set(large.train)) && small.train.count < large.train.count)
        #expect(small.valid == large.valid && small.test == large.test)
    }

    @Test("without a size, train is every utterance with a text of its own; the rest is counted")
    func rest() throws {
        let manifest = try corpus()
        let parts = try split(manifest, train: nil)
        #expect(parts.train.count + parts.valid.count + parts.test.count + parts.barred == 400)
        #expect(parts.barred > 0)
    }

    @Test("more than is there, and less than an utterance, are refused")
    func sizes() throws {
        let manifest = try corpus()
        #expect(fault { try split(manifest, train: 5000) }.contains("train asks for 83.3 min, but "))
        #expect(fault { try split(manifest, train: 1) }.contains("less than the first utterance"))
    }
}
