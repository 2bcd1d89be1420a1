import Foundation
import JSON
import Reports
import TestSupport
import Testing

@testable import Recipe
@testable import Training

struct MetricsLogTests {
    @Test("each event is one line of JSON, appended, with null for NaN")
    func lines() throws {
        let folder = try TemporaryFolder()
        let log = MetricsLog(path: folder.path + "/metrics.jsonl")
        log.append(.train, step: 1, [("loss", .number(2.5)), ("skipped", .boolean(false))])
        log.append(.fault, step: 2, [("what", .string("a \"quoted\"\nline")), ("loss", .number(.nan))])
        let text = try String(contentsOfFile: folder.path + "/metrics.jsonl", encoding: .utf8)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 2 && text.hasSuffix("\n"))
        let events = try lines.map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(events[0]["kind"] as? String == "train" && events[0]["step"] as? Int == 1)
        #expect(events[0]["loss"] as? Double == 2.5 && events[0]["skipped"] as? Bool == false)
        #expect(events[0]["schema"] as? Int == 1)
        #expect(events[1]["loss"] is NSNull)
        #expect(events[1]["what"] as? String == "a \"quoted\"\nline")
    }

    @Test("a rank other than 0 writes nothing")
    func silence() throws {
        let folder = try TemporaryFolder()
        MetricsLog(path: nil).append(.train, step: 1, [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test("what a run did after its checkpoint is removed, and faults are kept")
    func forgetting() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/metrics.jsonl"
        let log = MetricsLog(path: path)
        for step in 1...4 { log.append(.train, step: step, []) }
        log.append(.eval, step: 2, [])
        log.append(.fault, step: 4, [])
        log.append(.checkpoint, step: 2, [])
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        try (whole + Data("{\"schema\": 1, \"kind\": \"tra".utf8)).write(to: URL(fileURLWithPath: path))
        func events() throws -> [String] {
            try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
                let event = try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
                return "\(event?["kind"] ?? "") \(event?["step"] ?? "")"
            }
        }
        try log.forget(behind: 2, includingEvaluation: false)
        #expect(try events() == ["train 1", "train 2", "eval 2", "fault 4", "checkpoint 2"])
        try log.forget(behind: 2, includingEvaluation: true)
        #expect(try events() == ["train 1", "train 2", "fault 4", "checkpoint 2"])
    }
}
