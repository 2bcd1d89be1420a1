internal import Collectives
internal import Foundation
internal import Program
package import Recipe
internal import Reports
package import Session

#if canImport(Glibc)
    internal import Glibc
#endif

/// A run's progress on standard output, from rank 0 only.
///
/// In a terminal one line with a bar is rewritten; elsewhere a plain line is printed every few seconds.
package struct Progress {
    private let isSpeaking: Bool
    private let isQuiet: Bool
    private let updates: Int
    private let startUpdate: Int
    private let start = monotonicSeconds()
    private var lastLine = -Double.infinity
    private var workload = 0.0
    private let unit: WorkUnit
    private let isTerminal: Bool
    private var smoothed = SmoothedValue()
    /// The last evaluation's result: `CER 24.5 %`.
    private var found = ""

    /// Seconds between lines if standard output is a file.
    private static let quietSeconds = 10.0
    /// Seconds between lines in a terminal: as often as one can read them.
    private static let terminalSeconds = 0.1

    package init(session: Session, updates: Int, startUpdate: Int, unit: WorkUnit, isQuiet: Bool = false) {
        isSpeaking = session.isRoot
        isTerminal = session.communicator.size == 1 && isOwnTerminal(STDOUT_FILENO)
        self.isQuiet = isQuiet
        self.updates = updates
        self.unit = unit
        self.startUpdate = startUpdate
    }

    /// Prints something worth its own line; in a quiet run, only warnings.
    package func say(_ text: String) {
        guard isSpeaking, !isQuiet || text.contains("warning") else { return }
        print((isTerminal ? "\r\u{1B}[K" : "") + text)
        fflush(nil)
    }

    /// Prints how a run ended, even a quiet one.
    package func sayLast(_ text: String) {
        guard isSpeaking else { return }
        print(text)
        fflush(nil)
    }

    /// Notes an evaluation's result for later lines.
    package mutating func note(_ text: String) { found = text }

    /// Shows an update: loss, the task's additions, sparsity, speed, time left.
    package mutating func show(_ report: StepReport<some BatchSums>, summary: String, sparsity: Double) {
        guard isSpeaking, !isQuiet else { return }
        workload += report.sums.workload
        smoothed.add(report.loss)
        let now = monotonicSeconds()
        let isLast = report.update == updates
        guard isLast || now - lastLine > (isTerminal ? Self.terminalSeconds : Self.quietSeconds) else {
            return
        }
        lastLine = now
        let elapsed = now - start
        let done = report.update - startUpdate
        let left = elapsed / Double(max(1, done)) * Double(updates - report.update)
        let speed = String(format: "%.1f %@/s", workload / max(elapsed, 1e-9), unit.symbol)
        guard isTerminal else {
            say(
                String(
                    format: "update %d/%d  loss %.3f%@  lr %.2e  %@  %@ left", report.update, updates,
                    report.loss, summary.isEmpty ? "" : "  " + summary, report.learningRate, speed,
                    Self.duration(left)))
            return
        }
        let line = ProgressLine(
            share: Double(report.update) / Double(max(1, updates)),
            parts: [
                "\(report.update)/\(updates)", String(format: "loss %.3f", smoothed.value), found,
                sparsity > 0 ? String(format: "%.0f %% zeros", 100 * sparsity) : "", speed,
                Self.duration(left) + " left", summary,
            ])
        print("\r\u{1B}[K" + line.text(columns: terminalColumns()), terminator: isLast ? "\n" : "")
        fflush(nil)
    }

    /// Seconds in readable form.
    package static func duration(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }
}

/// A bar and the text after it, cut to a terminal's width.
struct ProgressLine {
    /// How much is done, from 0 to 1.
    let share: Double
    /// The parts after the bar, most important first; empty parts are left out.
    let parts: [String]

    private static let widths = 8...30

    /// The line: the bar takes the space that the parts leave; parts without room are dropped from the end.
    func text(columns: Int) -> String {
        var shown = parts.filter { !$0.isEmpty }
        func words() -> String { shown.joined(separator: "  ") }
        // The bar's brackets, its percentage, and a free column, since some terminals wrap there.
        let fixed = "[] 100 %  ".count + 1
        while shown.count > 1, words().count + fixed + Self.widths.lowerBound > columns { shown.removeLast() }
        let width = min(max(columns - fixed - words().count, Self.widths.lowerBound), Self.widths.upperBound)
        let done = Int((min(max(share, 0), 1) * Double(width)).rounded(.down))
        let bar = String(repeating: "#", count: done) + String(repeating: ".", count: width - done)
        return String(format: "[%@] %3.0f %%  %@", bar, 100 * share, words())
    }
}

/// Whether a descriptor is the terminal that this process was started from.
///
/// Open MPI's launcher gives each rank a pseudo-terminal for its output and copies what it reads from it to wherever its own output
/// goes: a terminal, a pipe or a log. That one is no rank's controlling terminal.
func isOwnTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 && tcgetpgrp(descriptor) >= 0 }

/// The columns of the terminal on standard output.
private func terminalColumns() -> Int {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
}
