import Foundation
import TestSupport
import Testing
import Text

struct TextCorpusTests {
    @Test("JSON lines are read with labels by name, index and number")
    func jsonLines() throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write(
            """
            {"text": "good", "label": "pos"}
            {"text": "bad", "text_pair": "worse", "label": 0, "id": "x7"}

            {"sentence": "so so", "label": 1.5}
            {"text": "", "label": null}
            """, to: "set.jsonl")
        let corpus = try TextCorpus(path: path)
        #expect(corpus.examples.map(\.text) == ["good", "bad", "so so", ""])
        #expect(corpus.examples.map(\.textPair) == [nil, "worse", nil, nil])
        #expect(corpus.examples.map(\.label) == ["pos", "0", "1.5", nil])
        #expect(corpus.examples.map(\.id) == ["1", "x7", "4", "5"])
        #expect(corpus.examples.map(\.number) == [nil, 0, 1.5, nil])
        #expect(corpus.examples[2].origin == path + ":4")
    }

    @Test("CSV has quotes and commas within fields, a table of tabs has neither")
    func tables() throws {
        let folder = try TemporaryDirectory()
        let csv = try folder.write("text,label\n\"a, \"\"b\"\"\nc\",1\nd,\n", to: "set.csv")
        #expect(try TextCorpus(path: csv).examples.map(\.text) == ["a, \"b\"\nc", "d"])
        #expect(try TextCorpus(path: csv).examples.map(\.label) == ["1", nil])
        let tsv = try folder.write("label\tsentence1\tsentence2\npos\t\"a\tb, c\n", to: "set.tsv")
        let example = try #require(try TextCorpus(path: tsv).examples.first)
        #expect(example.text == "\"a" && example.textPair == "b, c" && example.label == "pos")
        // A name that shows no format.
        try folder.write("text\tlabel\na\tb\n", to: "set.data")
        #expect(try TextCorpus(path: "tsv:\(folder.path)/set.data").examples.count == 1)
        #expect(fault { try TextCorpus(path: "\(folder.path)/set.data") }.contains("shows no format"))
    }

    @Test("every broken line is named")
    func broken() throws {
        let folder = try TemporaryDirectory()
        let lines = try folder.write(
            "{\"text\": 5}\n{\"label\": 1}\n[1]\n{\"text\": \"a\", \"label\": [1]}\n{\"text\n", to: "a.jsonl")
        let message = fault { try TextCorpus(path: lines) }
        for expected in [
            "5 faults", "line 1: \"text\" is not a string", "line 2: no \"text\"",
            "line 3: not a JSON object",
            "line 4: \"label\" is neither", "line 5: not JSON",
        ] { #expect(message.contains(expected), "\(message)") }
        let csv = try folder.write("text,label\na\n", to: "a.csv")
        #expect(fault { try TextCorpus(path: csv) }.contains("line 2: 1 fields, but the header has 2"))
        let header = try folder.write("phrase,label\na,1\n", to: "b.csv")
        #expect(fault { try TextCorpus(path: header) }.contains("no column for the text"))
        let empty = try folder.write("text,label\n", to: "c.csv")
        #expect(fault { try TextCorpus(path: empty) }.contains("has no examples"))
    }

    @Test("labels are found by name, then by index, in the model's order or in that of their names")
    func labels() throws {
        func examples(_ labels: [String?]) -> [TextExample] {
            labels.enumerated().map {
                TextExample(id: "\($0.offset)", text: "t", label: $0.element, origin: "f:\($0.offset)")
            }
        }
        #expect(LabelSet(of: examples(["pos", "neg", "pos", nil])).names == ["neg", "pos"])
        #expect(LabelSet(of: examples(["10", "2", "1"])).names == ["1", "2", "10"])
        let model = try LabelSet(["NEGATIVE", "POSITIVE"])
        #expect(try model.indices(of: examples(["POSITIVE", "0", "1"])) == [1, 0, 1])
        // A name is believed before an index.
        #expect(try LabelSet(["1", "0"]).index(of: "1") == 0)
        let message = fault { try model.indices(of: examples(["POSITIVE", "2", nil])) }
        #expect(
            message.contains("2 examples") && message.contains("f:1: the label \"2\"")
                && message.contains("f:2: no label"))
        #expect(fault { try LabelSet(["a", "a"]) }.contains("occurs twice"))
    }

    @Test(
        "a repeated text stands on one side, whatever its white space and label, and so does a repeated pair")
    func split() {
        let split = TextSplit(validShare: 0.2, testShare: 0.1, seed: 3)
        let examples = (0..<4000).map {
            TextExample(id: "\($0)", text: "sentence \($0 % 2000)", label: "\($0 % 3)")
        }
        let parts = split.parts(of: examples)
        #expect(parts.values.reduce(0) { $0 + $1.count } == 4000)
        let texts = parts.mapValues { Set($0.map(\.text)) }
        #expect(texts[.train]?.isDisjoint(with: texts[.valid] ?? []) == true)
        #expect(texts[.train]?.isDisjoint(with: texts[.test] ?? []) == true)
        // Five standard deviations of a draw of 2,000.
        #expect(abs(Double(texts[.valid]?.count ?? 0) - 400) < 90)
        #expect(abs(Double(texts[.test]?.count ?? 0) - 200) < 68)
        let spaced = TextExample(id: "", text: " sentence\t7  ")
        #expect(split.side(of: spaced) == split.side(of: TextExample(id: "", text: "sentence 7")))
        func pair(_ first: String, _ second: String) -> TextSplit.Side {
            split.side(of: TextExample(id: "", text: first, textPair: second))
        }
        let sides = (0..<200).map { pair("a question", "answer \($0)") }
        #expect(Set(sides).count == 3, "one question with many answers must not stand on one side alone")
        #expect(sides == (0..<200).map { pair(" a  question", "answer\t\($0)") })
        let shifted = (0..<200).map { (pair("a b \($0)", "c"), pair("a b", "\($0) c")) }
        #expect(shifted.contains { $0 != $1 }, "where the first text ends must count")
        let other = TextSplit(validShare: 0.2, testShare: 0.1, seed: 4)
        #expect(examples.contains { split.side(of: $0) != other.side(of: $0) })
    }

    @Test("a report states labels, repeated texts, contradicting labels and empty texts")
    func report() {
        let examples = [
            ("a b", "x"), ("a b", "x"), ("a b", "y"), ("", "x"), ("c", nil), ("caf\u{E9}", "x"),
            ("cafe\u{301}", "x"),
        ].enumerated().map { TextExample(id: "\($0)", text: $1.0, label: $1.1, origin: "f:\($0)") }
        let report = TextCorpusReport(examples)
        #expect(report.examples == 7 && report.pairs == 0 && report.words == 9)
        #expect(report.medianWords == 1 && report.longestWords == 2)
        #expect(report.repeated == 2 && report.contradicting == ["f:2"])
        #expect(report.empty == ["f:3"] && report.unlabelled == ["f:4"])
        #expect(report.labels.map(\.name) == ["x", "y"] && report.labels.map(\.count) == [5, 1])
        #expect(report.range == nil)
        let numbers = TextCorpusReport(
            [0.5, -2, 4].map { TextExample(id: "", text: "t\($0)", label: "\($0)") })
        #expect(numbers.range == -2...4)
    }
}
