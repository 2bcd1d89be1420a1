import Checkpoints
import Foundation
import Recipe
import Testing

@testable import Studies

struct RunRecordTests {
    /// A finished run's folder with these lines of metrics.
    private func folder(_ lines: [String]) throws -> String {
        let path = NSTemporaryDirectory() + "/record-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path + "/final", withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: path + "/final/model.safetensors"))
        try Data((lines.joined(separator: "\n") + "\n").utf8)
            .write(to: URL(fileURLWithPath: path + "/metrics.jsonl"))
        return path
    }

    private func train(_ step: Int, seconds: Double = 1, cores: Int = 2) -> String {
        "{\"kind\": \"train\", \"step\": \(step), \"audio_seconds\": 3.0, \"flops\": 100, "
            + "\"gradient_bytes\": 40, \"cores\": \(cores), \"compute_seconds\": \(seconds), "
            + "\"data_seconds\": 0.5, \"exposed_communication_seconds\": 0.25, \"optimizer_seconds\": 0.125}"
    }

    private let evaluation =
        "{\"kind\": \"eval\", \"step\": 2, \"wer\": 0.5, \"cer\": 0.25, \"loss\": 3.0, \"sparsity\": 0.3, "
        + "\"seconds\": 1.0, \"languages\": {\"es\": {\"wer\": 0.25, \"cer\": 0.125}}}"
    private let prune =
        "{\"kind\": \"prune\", \"step\": 2, \"pool\": 130, \"iou_initial\": 0.75, \"seconds\": 0.5}"

    @Test("a run's cost is the sum of its updates, in core-seconds of the cores that each update had")
    func cost() throws {
        let record = try #require(
            try RunRecord(folder: try folder([train(1), train(2, cores: 4), prune, evaluation]), task: .ctc))
        let cost = record.cost
        #expect(cost.runs == 1 && cost.updates == 2 && cost.workload == 6)
        #expect(cost.operations == 200 && cost.gradientBytes == 80)
        // 130 bits are three words of eight bytes.
        #expect(cost.maskBytes == 24)
        #expect(cost.coreSeconds[.compute] == 6 && cost.coreSeconds[.data] == 3)
        #expect(cost.coreSeconds[.pruning] == 2 && cost.coreSeconds[.evaluation] == 4)
        #expect(cost.allCoreSeconds == 6 + 3 + 1.5 + 0.75 + 2 + 4)
    }

    @Test("updates that a stopped run did twice count once, as they were done last")
    func repeated() throws {
        let record = try #require(
            try RunRecord(
                folder: try folder([train(1), train(2, seconds: 9), train(2), evaluation]), task: .ctc))
        #expect(record.cost.updates == 2)
        #expect(record.cost.coreSeconds[.compute] == 4)
    }

    @Test("errors are those of the last evaluation, of every language too")
    func errors() throws {
        let earlier = evaluation.replacingOccurrences(of: "\"step\": 2", with: "\"step\": 1")
            .replacingOccurrences(of: "\"wer\": 0.5", with: "\"wer\": 0.9")
        let record = try #require(
            try RunRecord(folder: try folder([train(1), earlier, train(2), prune, evaluation]), task: .ctc))
        #expect(record.metrics == ["wer": 0.5, "cer": 0.25, "loss": 3])
        #expect(record.languages["es"] == ["wer": 0.25, "cer": 0.125])
        #expect(record.drift == 0.75 && record.sparsity == 0.3)
        #expect(record.mask?.hasSuffix("/masks/step-2.safetensors") == true)
    }

    @Test(
        "a folder without a final model is no record, and one that continues after its evaluation is refused")
    func unfinished() throws {
        let path = try folder([train(1), evaluation])
        try FileManager.default.removeItem(atPath: path + "/final/model.safetensors")
        #expect(try RunRecord(folder: path, task: .ctc) == nil)
        let further = try folder([train(1), evaluation, train(3)])
        #expect(throws: CheckpointError.self) { _ = try RunRecord(folder: further, task: .ctc) }
        let broken = try folder([train(1), "{", evaluation])
        #expect(throws: CheckpointError.self) { _ = try RunRecord(folder: broken, task: .ctc) }
    }
}

struct SpreadTests {
    @Test("the deviation is a sample's, and one seed has none")
    func deviation() {
        #expect(Spread(values: [0.1, 0.3]).mean == 0.2)
        // √((0.1² + 0.1²) / 1); the last digits are rounding.
        #expect(abs((Spread(values: [0.1, 0.3]).deviation ?? 0) - 0.02.squareRoot()) < 1e-15)
        #expect(Spread(values: [0.1]).deviation == nil)
        #expect(Spread(values: [0.1, 0.3]).text(times: 100, decimals: 1) == "20.0 ± 14.1")
        #expect(Spread(values: [0.1]).text(times: 100) == "10.00")
    }
}
