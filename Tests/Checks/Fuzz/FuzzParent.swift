import Foundation
import TestSupport

/// What a reader made of its inputs.
struct FuzzOutcome: CustomStringConvertible {
    let reader: String
    var report = FuzzReport()
    /// What went wrong, each with the command that shows it again.
    var faults: [String] = []

    var description: String {
        let name = reader.padding(toLength: 24, withPad: " ", startingAt: 0)
        let numbers =
            "\(report.accepted + report.refused) inputs, \(report.accepted) read, \(report.refused) refused; "
            + "at most \(report.peakKilobytes / 1024) MiB more, \(report.slowestMilliseconds) ms"
        return
            (["\(faults.isEmpty ? "ok    " : "FAILED") \(name) \(numbers)"] + faults.map { "       " + $0 })
            .joined(separator: "\n")
    }
}

/// Runs a reader in processes of its own, and continues after an input that ended one.
struct FuzzParent {
    let reader: String
    let seed: UInt64
    let folder: String

    /// Faults after which a reader is given up.
    private static let mostFaults = 10
    /// Inputs per process: what one might leave behind does not reach the others.
    private static let batch = 4096

    func run(count: Int) throws -> FuzzOutcome {
        var outcome = FuzzOutcome(reader: reader)
        var next = 0
        while next < count && outcome.faults.count < Self.mostFaults {
            let size = min(Self.batch, count - next)
            let (report, reason) = try child(from: next, count: size)
            if let report {
                outcome.report.merge(report)
                outcome.faults += report.faults.map { "\($0.sentence): \(replay($0.input))" }
                next += size
            } else {
                let input = noted()
                outcome.faults.append("input \(input) \(reason): \(replay(input))")
                outcome.report.accepted += max(0, input - next)
                next = input + 1
            }
        }
        // Otherwise the mutations test nothing.
        if count >= 1000 && outcome.faults.isEmpty
            && (outcome.report.accepted == 0 || outcome.report.refused == 0)
        {
            outcome.faults.append("all inputs were read, or none was: they show nothing")
        }
        return outcome
    }

    private func replay(_ input: Int) -> String {
        "FuzzChecks --reader \(reader) --seed \(seed) --from \(input) --count 1 --folder FOLDER"
    }

    /// The number of the input last started.
    private func noted() -> Int {
        let data = FileManager.default.contents(atPath: folder + FuzzWorker.note) ?? Data()
        return data.reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    private func child(from: Int, count: Int) throws -> (FuzzReport?, reason: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [
            "--reader", reader, "--seed", String(seed), "--from", String(from), "--count", String(count),
            "--folder",
            folder,
        ]
        let output = Pipe()
        // Should it end before its first input.
        try? Data(TestSupport.bytes(UInt64(from))).write(to: URL(fileURLWithPath: folder + FuzzWorker.note))
        let messages = folder + "/messages"
        _ = FileManager.default.createFile(atPath: messages, contents: nil)
        // A backtrace takes seconds, and says less than making the input again.
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["SWIFT_BACKTRACE": "enable=no"], uniquingKeysWith: { $1 })
        process.standardOutput = output
        process.standardError = FileHandle(forWritingAtPath: messages)
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let last = data.split(separator: 0x0A).last ?? Data()
        let report = try? JSONDecoder().decode(FuzzReport.self, from: Data(last))
        if process.terminationReason == .exit, process.terminationStatus == 0, let report {
            return (report, "")
        }
        let said =
            FileManager.default.contents(atPath: messages).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let first =
            said.split(separator: "\n").first { $0.contains("atal") } ?? said.split(separator: "\n").last
            ?? ""
        let kind = process.terminationReason == .exit ? "exit code" : "signal"
        return (nil, "ended the process with \(kind) \(process.terminationStatus): \(first.prefix(300))")
    }
}
