import Foundation
import Testing

@Suite(.serialized)
struct LanguageTests {
    private let fixture: Fixture

    init() throws {
        fixture = try Fixture()
        let lines = Fixture.texts.indices.map { index in
            fixture.line(index).replacingOccurrences(
                of: "\"text\"", with: "\"language\": \"\(index < 4 ? "es" : "fr")\", \"text\"")
        }
        try fixture.writeManifest(lines)
    }

    private func object(_ text: some StringProtocol) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    /// A count of an error rate: of words, of all utterances or of one language.
    private func count(_ name: String, _ object: Any?) -> Int? {
        let rates = (object as? [String: Any])?["words"] as? [String: Any]
        return rates?[name] as? Int
    }

    @Test("one model of two languages, balanced: errors of each language add up to those of all")
    func joint() throws {
        let outcome = try parp(
            ["train", "recipe.toml", "--set", "data.sampling_alpha=0.5", "--output", "joint"], ranks: 2,
            in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        let metrics = String(decoding: try fixture.folder.read("joint/metrics.jsonl"), as: UTF8.self)
        let line = try #require(metrics.split(separator: "\n").last { $0.contains("\"eval\"") })
        let event = try object(line)
        let languages = try #require(event["languages"] as? [String: Any])
        #expect(languages.keys.sorted() == ["es", "fr"])
        for name in ["substitutions", "deletions", "insertions", "correct", "reference"] {
            let parts = languages.values.compactMap { count(name, $0) }
            #expect(parts.count == 2 && parts.reduce(0, +) == count(name, event), "\(name)")
        }
    }

    @Test("evaluation says the error rates of each language, the same for any number of ranks")
    func evaluation() throws {
        let arguments = ["evaluate", "--model", "model", "--data", "train.jsonl"]
        let table = try parp(arguments, in: fixture.folder)
        for row in ["es: WER", "es: CER", "fr: WER", "fr: CER"] { #expect(table.count(row) == 1) }
        let results = try [1, 3].map { ranks in
            let outcome = try parp(arguments + ["--json"], ranks: ranks, in: fixture.folder)
            return try object(outcome.output)["languages"] as? NSDictionary
        }
        #expect(results[0] != nil && results[0] == results[1])
    }
}
