import Foundation
import JSON
import Program
import TestSupport
import Testing

@testable import Preflight
@testable import Reports
@testable import Studies

struct ScaleReportTests {
    private func projection(_ change: (inout ScaleReportOptions) -> Void = { _ in }) throws -> ScaleProjection
    {
        var options = ScaleReportOptions(study: "study")
        options.ranks = [1, 2, 8, 64, 512]
        change(&options)
        let measurements = try ScaleFixture().measurements(noise: 0.01)
        return ScaleProjection(options, measurements: measurements, fit: ScaleFit(measurements))
    }

    @Test("a projection names what stops strong scaling, and its intervals hold its values")
    func projects() throws {
        let curve = try #require(try projection().curves().first)
        #expect(curve.points.map(\.ranks) == [1, 2, 8, 64, 512])
        #expect(curve.points.map(\.nodes) == [1, 1, 2, 16, 128])
        #expect(curve.points.allSatisfy { $0.low <= $0.seconds && $0.seconds <= $0.high })
        #expect(curve.points[0].speedup == 1 && curve.points[0].karpFlatt == nil)
        #expect(curve.limit.contains("50 %") && curve.limit.contains("exposed communication"))
    }

    @Test("cost is seconds times updates times cores, and a network that is given is the one that counts")
    func costs() throws {
        let projection = try projection {
            $0.price = 2
            $0.gigabits = 100
        }
        #expect(projection.network == NetworkCost(gigabits: 100, microseconds: 20))
        let point = try #require(projection.curves().first?.points.last)
        #expect(abs(point.coreHours - point.seconds * 1000 * 512 / 3600) < 1e-9)
        #expect(abs(point.cost - 2 * point.coreHours) < 1e-9)
    }

    @Test("the page needs nothing else, and shows every picture and every setting")
    func page() throws {
        let projection = try projection()
        let report = ScaleReport(projection)
        let html = ScalePage(report: report, projection: projection).html
        for forbidden in ["<script", "http://", "https://", "<img", "nan", "inf "] {
            let rest = html.replacing("http://www.w3.org/2000/svg", with: "")
            #expect(!rest.contains(forbidden), "\(forbidden)")
        }
        #expect(html.components(separatedBy: "<svg").count - 1 == 6)
        for cell in projection.measurements.study.cells { #expect(html.contains(cell.name)) }
        #expect(escapedHTML("<a & \"b\">") == "&lt;a &amp; &quot;b&quot;&gt;")
    }

    @Test("every line of the CSV has as many fields as its first")
    func csv() throws {
        let lines = ScaleReport(try projection()).csv.split(separator: "\n")
        let counts = lines.map { $0.split(separator: ",", omittingEmptySubsequences: false).count }
        #expect(lines.count == 1 + 5 + 5 && Set(counts).count == 1)
    }

    @Test("a launch is read from its trace: means over updates, the slowest rank's lead, warm-up left out")
    func launch() throws {
        func event(_ name: String, _ rank: Int, _ update: Int, _ milliseconds: Double) -> String {
            "{\"name\": \"\(name)\", \"ph\": \"X\", \"pid\": \(rank), \"tid\": 0, \"ts\": 0, "
                + "\"dur\": \(1000 * milliseconds), \"args\": {\"update\": \(update), \"audio_seconds\": 8}}"
        }
        let events = [
            event("update 1", 0, 1, 9000), event("update 1", 1, 1, 9000), event("update 2", 0, 2, 100),
            event("update 2", 1, 2, 110), event("forward", 0, 2, 20), event("forward", 1, 2, 30),
            event("backward", 0, 2, 40), event("backward", 1, 2, 50), event("all-reduce", 0, 2, 30),
            event("all-reduce", 1, 2, 20), event("all-reduce", 0, 2, 5), event("all-reduce", 1, 2, 9),
            event("exposed communication", 0, 2, 25),
            event("exposed communication", 1, 2, 5), event("mask", 0, 2, 7), event("mask", 1, 2, 8),
        ]
        let text = """
            {"otherData": {"ranks": 2, "gradient_bytes": 1000, "prunable_bytes": 900, "reduction": {"bucket_bytes": 100, "group_sizes": [2],
            "probes": [{"points": [[64, 0.5]]}]}}, "traceEvents": [\(events.joined(separator: ", "))]}
            """
        let launch = try ScaleLaunch(path: "t", trace: try JSONValue(parsing: text.utf8), warmup: 1)
        // Milliseconds are read as microseconds of a double.
        func isSame(_ value: Double, _ expected: Double) -> Bool { abs(value - expected) < 1e-12 }
        #expect(isSame(launch.step, 0.11) && launch.audioSeconds == 8)
        #expect(isSame(launch.forward, 0.025) && isSame(launch.backward, 0.045))
        #expect(isSame(launch.straggling, 0.01) && isSame(launch.communication, 0.025))
        #expect(isSame(launch.exposed, 0.015) && isSame(launch.mask, 0.008))
        #expect(launch.groupSizes == [2] && launch.probes.map(\.bytes) == [64])
        #expect(throws: UserError.self) {
            try ScaleLaunch(path: "t", trace: try JSONValue(parsing: text.utf8), warmup: 2)
        }
        #expect(throws: UserError.self) {
            try ScaleLaunch(path: "t", trace: .object([]), warmup: 0)
        }
    }
}
