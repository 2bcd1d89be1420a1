import Foundation
import Testing

struct LogTests {
    /// The records of a TensorBoard file, by their stated lengths; nil if the last is cut off.
    private func recordCount(_ data: Data) -> Int? {
        var (place, count) = (data.startIndex, 0)
        while place < data.endIndex {
            guard data.endIndex - place >= 12 else { return nil }
            let length = (0..<8).reduce(0) { $0 | Int(data[place + $1]) << (8 * $1) }
            place += 12 + length + 4
            guard place <= data.endIndex else { return nil }
            count += 1
        }
        return count
    }

    @Test("logs that may not grow for a while hold whole records, and go on when they may again")
    func shortWrites() throws {
        let fixture = try Fixture()
        let process = Process()
        process.executableURL = parpCommand
        process.arguments =
            ["train", "recipe.toml", "--output", "run", "--set", "schedule.updates=400"]
            + ["--set", "checkpoint.every_updates=0", "--set", "evaluation.every_updates=0"]
            + ["--set", "pruning.interval=0", "--inject", "delay@step=3:seconds=1"]
            // The disk has room again during this one, however fast the machine is.
            + ["--inject", "delay@step=200:seconds=5"]
        process.currentDirectoryURL = URL(fileURLWithPath: fixture.folder.path)
        let output = fixture.folder.file(".said")
        _ = FileManager.default.createFile(atPath: output, contents: nil)
        process.standardOutput = FileHandle(forWritingAtPath: output)
        try process.run()
        let log = fixture.folder.file("run/metrics.jsonl")
        let deadline = Date(timeIntervalSinceNow: 60)
        func size() -> Int { (try? FileManager.default.attributesOfItem(atPath: log)[.size] as? Int) ?? 0 }
        while size() == 0, Date() < deadline { Thread.sleep(forTimeInterval: 0.01) }
        // Room for two records and a piece of the third, as on a disk that fills up.
        let limit = size() + 1500
        func setLimit(_ limit: String) throws {
            _ = try run(
                ["prlimit", "--pid", "\(process.processIdentifier)", "--fsize=\(limit):"], in: fixture.folder)
        }
        try setLimit("\(limit)")
        let whole = { try Data(contentsOf: URL(fileURLWithPath: log)).last == 0x0A }
        Thread.sleep(forTimeInterval: 2)
        #expect(try whole() && size() <= limit)
        try setLimit("unlimited")
        process.waitUntilExit()
        let said = try String(contentsOfFile: output, encoding: .utf8)
        #expect(process.terminationStatus == 0, "\(said)")
        #expect(said.contains("metrics.jsonl cannot be written (File too large)"), "\(said)")
        #expect(said.contains("metrics.jsonl is written again"), "\(said)")
        let lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
        for line in lines { _ = try JSONSerialization.jsonObject(with: Data(line.utf8)) }
        #expect(lines.count > 3 && lines.count < 400)
        let folder = fixture.folder.file("run")
        let events = try FileManager.default.contentsOfDirectory(atPath: folder).filter {
            $0.hasPrefix("events.out.tfevents.")
        }
        let count = recordCount(try fixture.folder.read("run/" + events[0]))
        #expect(events.count == 1 && (count ?? 0) > 3, "\(events)")
    }
}
