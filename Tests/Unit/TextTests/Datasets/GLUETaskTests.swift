import TestSupport
import Testing
import Text

struct GLUETaskTests {
    private func read(_ task: GLUETask, _ folder: String, _ part: String) throws -> TextCorpus {
        try TextCorpus(path: "\(task.rawValue):\(goldenFolder)/text/glue/\(folder)/\(part).tsv")
    }

    /// Text, second text and label of each example.
    private func rows(_ task: GLUETask, _ folder: String, _ part: String) throws -> [[String?]] {
        try read(task, folder, part).examples.map { [$0.text, $0.textPair, $0.label] }
    }

    private let said = "She said \"yes\" and left."
    private let heard = "He heard a \"no\", and stayed."

    @Test("tasks of one text are read as they come, CoLA without a header")
    func single() throws {
        #expect(
            try rows(.cola, "CoLA", "train") == [
                ["The bells rang all night.", nil, "1"], ["Bells the all rang.", nil, "0"],
            ])
        #expect(try rows(.cola, "CoLA", "test") == [["The bells rang.", nil, nil]])
        #expect(
            try rows(.sst2, "SST-2", "train") == [
                ["a warm , funny film ", nil, "1"], ["a \"dull affair ", nil, "0"],
            ])
        #expect(try rows(.sst2, "SST-2", "test") == [["a slow film", nil, nil]])
    }

    @Test("tasks of two texts are read as they come, with quotes as they stand")
    func pairs() throws {
        #expect(try rows(.mrpc, "MRPC", "train") == [[said, heard, "1"]])
        #expect(try rows(.mrpc, "MRPC", "test") == [[said, heard, nil]])
        #expect(
            try rows(.qnli, "QNLI", "train")
                == [
                    ["Who rang?", "The ringer rang.", "entailment"],
                    ["Who slept?", "It rained.", "not_entailment"],
                ])
        #expect(try rows(.qnli, "QNLI", "test") == [["Who?", "Nobody.", nil]])
        #expect(
            try rows(.rte, "RTE", "train").map { $0[2] } == ["not_entailment", "entailment"])
        #expect(try rows(.rte, "RTE", "test") == [["The cup fell.", "It broke.", nil]])
        #expect(try rows(.wnli, "WNLI", "train").map { $0[2] } == ["1", "0"])
        #expect(try rows(.wnli, "WNLI", "test") == [["The cup fell.", "It broke.", nil]])
    }

    @Test("QQP's lines that are cut short are left out and counted")
    func shortLines() throws {
        let corpus = try read(.qqp, "QQP", "train")
        #expect(corpus.examples.map(\.label) == ["1", "0"])
        #expect(corpus.examples.map(\.text) == ["Why is the sky blue?", "What is rain?"])
        #expect(corpus.examples.map(\.textPair) == ["What colours the sky?", "What is snow?"])
        #expect(corpus.skippedLines == 1)
        #expect(try rows(.qqp, "QQP", "test") == [["What is hail?", "What is sleet?", nil]])
    }

    @Test("STS-B's labels are numbers, MNLI has two development sets whose last column is the label")
    func lastColumn() throws {
        let similarity = try read(.stsb, "STS-B", "train")
        #expect(similarity.examples.map(\.number) == [5, 0.25])
        #expect(similarity.examples[1].textPair == "A man sleeps.")
        #expect(
            try rows(.stsb, "STS-B", "test") == [["A plane takes off.", "An air plane is taking off.", nil]])
        let (text, pair) = ("It rained for days.", "The week was dry.")
        #expect(try rows(.mnli, "MNLI", "train") == [[text, pair, "contradiction"]])
        #expect(try rows(.mnli, "MNLI", "dev_matched") == [[text, pair, "neutral"]])
        #expect(try rows(.mnli, "MNLI", "dev_mismatched") == [[text, pair, "entailment"]])
        #expect(try rows(.mnli, "MNLI", "test_matched") == [[text, pair, nil]])
    }

    @Test("classes are in transformers' order, and each task has its metrics")
    func classes() throws {
        for task in GLUETask.allCases {
            #expect(!task.metrics.isEmpty)
            guard let labels = task.labels else {
                #expect(task == .stsb)
                continue
            }
            let examples = labels.reversed().map { TextExample(id: "", text: "", label: $0) }
            #expect(LabelSet(of: examples).names == labels)
        }
    }

    @Test("a line with too few fields is refused where the task has none")
    func refused() throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write("index\tsentence1\tsentence2\tlabel\n0\ta\tb\n", to: "train.tsv")
        #expect(fault { try TextCorpus(path: "rte:\(path)") }.contains("line 2: 3 fields, too few for rte"))
    }
}
