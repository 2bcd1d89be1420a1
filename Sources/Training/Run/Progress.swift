internal import Collectives
internal import Foundation
internal import Program
package import Recipe
package import Session

#if canImport(Glibc)
    internal import Glibc
#endif

/// What a run says while it goes on: rank 0 alone, to standard output.
package struct Progress {
    private let isSpeaking: Bool
    private let updates: Int
    private let startUpdate: Int
    private let start = monotonicSeconds()
    private var lastLine = -Double.infinity
    private var workload = 0.0
    private let unit: WorkUnit
    private let isTerminal: Bool

    /// Seconds between lines where standard output is a file.
    private static let quietSeconds = 10.0

    package init(session: Session, updates: Int, startUpdate: Int, unit: WorkUnit) {
        isSpeaking = session.isRoot
        // mpirun gives ranks a terminal of its own even where its output goes to a file.
        isTerminal = session.communicator.size == 1 && isatty(STDOUT_FILENO) == 1
        self.updates = updates
        self.unit = unit
        self.startUpdate = startUpdate
    }

    /// Says something worth a line of its own.
    package func say(_ text: String) {
        guard isSpeaking else { return }
        print((isTerminal ? "\r\u{1B}[K" : "") + text)
        fflush(nil)
    }

    /// Shows an update: loss, what the task adds to it, speed, time left.
    package mutating func show(_ report: StepReport<some BatchSums>, summary: String) {
        guard isSpeaking else { return }
        workload += report.sums.workload
        let now = monotonicSeconds()
        let isLast = report.update == updates
        guard isTerminal || isLast || now - lastLine > Self.quietSeconds else { return }
        lastLine = now
        let elapsed = now - start
        let done = report.update - startUpdate
        let left = elapsed / Double(max(1, done)) * Double(updates - report.update)
        let line = String(
            format: "update %d/%d  loss %.3f%@  lr %.2e  %.1f %@/s  %@ left", report.update, updates,
            report.loss, summary.isEmpty ? "" : "  " + summary, report.learningRate,
            workload / max(elapsed, 1e-9), unit.symbol, Self.duration(left))
        if isTerminal {
            print("\r\u{1B}[K" + line, terminator: isLast ? "\n" : "")
            fflush(nil)
        } else {
            say(line)
        }
    }

    /// Seconds as people write them.
    package static func duration(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }
}
