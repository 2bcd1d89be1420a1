import Foundation
import TestSupport
import Testing

@testable import Reports

struct RunReportTests {
    private let outline = ReportOutline(
        charts: [.init("Loss", [.init(.train, "loss")])], columns: [.init("loss", "loss")],
        workload: .init(name: "audio", field: "audio_seconds"))

    /// The page of a run of this many updates, with one peak in its loss.
    private func page(updates: Int, peak: Int) throws -> String {
        let folder = try TemporaryDirectory()
        let lines = (1...updates).map { step in
            #"{"kind": "train", "step": \#(step), "loss": \#(step == peak ? 1000.0 : 2.0)}"#
        }
        let faults = (1...30).map { #"{"kind": "fault", "step": \#($0), "what": "fault \#($0)"}"# }
        let metrics = try folder.write(
            (lines + faults).joined(separator: "\n") + "\n{\"kind\": \"tr", to: "metrics")
        let history = RunHistory(name: "run", metrics: metrics, outline: outline)
        return RunReport(history: history, recipe: "", environment: "").html
    }

    @Test("the page of a long run is not longer than that of a short one, and loses no peak")
    func size() throws {
        let (short, long) = (try page(updates: 2_000, peak: 777), try page(updates: 50_000, peak: 31_111))
        #expect(Double(long.utf8.count) < 1.5 * Double(short.utf8.count))
        // The axis reaches as far as the peak.
        #expect(long.contains(">1000<"))
        #expect(
            long.contains("the last 20 of 30") && long.contains("fault 30") && !long.contains("fault 10<"))
    }
}

struct RunReportSizeTests {
    @Test("the page of 400,000 updates with all curves, masks and evaluations is under 300 KB")
    func longRun() throws {
        let outline = ReportOutline(
            charts: ["loss", "learning_rate", "gradient_norm"].map {
                .init($0, [.init(.train, $0, smoothed: true)])
            }
                + [
                    .init("errors", [.init(.eval, "wer"), .init(.eval, "cer")]),
                    .init("masks", [.init(.prune, "sparsity"), .init(.prune, "iou_previous")]),
                ], columns: [.init("WER", "wer", scale: 100)],
            workload: .init(name: "audio", field: "audio_seconds"))
        let folder = try TemporaryDirectory()
        let path = folder.path + "/metrics.jsonl"
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        let file = try #require(FileHandle(forWritingAtPath: path))
        for first in stride(from: 1, through: 400_000, by: 1000) {
            var text = ""
            for step in first..<first + 1000 {
                // Noise that no thinning makes shorter.
                let noise = step &* 7919 % 1009
                text += #"{"kind":"train","step":\#(step),"loss":\#(1 + noise),"learning_rate":\#(noise),"#
                text += #""gradient_norm":\#(noise),"seconds":\#(1 + noise),"audio_seconds":9}"# + "\n"
            }
            text +=
                #"{"kind":"eval","step":\#(first),"wer":0.\#(first % 997),"cer":0.\#(first % 499)}"# + "\n"
            text +=
                #"{"kind":"prune","step":\#(first),"sparsity":0.5,"iou_previous":0.\#(first % 997)}"# + "\n"
            try file.write(contentsOf: Data(text.utf8))
        }
        try file.close()
        let history = RunHistory(name: "run", metrics: path, outline: outline)
        #expect(history.updates == 400_000)
        let page = RunReport(history: history, recipe: "", environment: "").html
        #expect(page.utf8.count < 300_000, "\(page.utf8.count) bytes")
    }
}

struct ThinnedCurveTests {
    @Test(
        "few points are all kept, and many in places that are bounded, in order, with the lowest and the highest"
    )
    func thinning() {
        var curve = ThinnedCurve(limit: 8)
        for x in 0..<8 { curve.add(x: Double(x), y: Double(x % 3)) }
        #expect(curve.points.map(\.x) == (0..<8).map(Double.init))
        for x in 8..<10_000 { curve.add(x: Double(x), y: x == 4321 ? -5 : x == 8765 ? 9 : Double(x % 3)) }
        let points = curve.points
        #expect(points.count <= 16)
        #expect(points.map(\.x) == points.map(\.x).sorted())
        #expect(points.contains { $0 == (4321, -5) } && points.contains { $0 == (8765, 9) })
        #expect((points.last?.x ?? 0) > 8000)
    }

    @Test("a NaN hides no other fault")
    func notANumber() {
        var curve = ThinnedCurve(limit: 2)
        for x in 0..<64 { curve.add(x: Double(x), y: x % 2 == 0 ? .nan : Double(x)) }
        #expect(curve.points.map(\.y).max { $0 < $1 || $0.isNaN } == 63)
    }
}

struct EventLinesTests {
    @Test(
        "lines are handed over one after another, however pieces of the file fall, and the last without its end"
    )
    func lines() throws {
        let folder = try TemporaryDirectory()
        let texts = (0..<3000).map { String(repeating: "x", count: $0 % 500) + "\($0)" }
        let path = try folder.write(texts.joined(separator: "\n"), to: "lines")
        var found: [String] = []
        var ends: [Bool] = []
        try forEachLine(of: path) { line, hasEnd in
            found.append(String(decoding: line, as: UTF8.self))
            ends.append(hasEnd)
        }
        #expect(found == texts)
        #expect(ends.dropLast().allSatisfy { $0 } && ends.last == false)
    }
}
