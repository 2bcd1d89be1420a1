internal import Collectives
internal import Foundation
internal import Program
internal import Recipe
internal import Session
internal import Training

/// What a check found on this rank.
struct Findings {
    private(set) var faults: [String] = []
    /// Numbers worth reading; rank 0's are printed after the sentence.
    var note = ""

    /// Notes a fault unless a condition holds; the first few of a check are enough.
    mutating func expect(_ condition: Bool, _ fault: @autoclosure () -> String) {
        if !condition && faults.count < 4 { faults.append(fault()) }
    }
}

/// Runs checks on all ranks together and reports each in one line, `ok` or `FAILED`.
///
/// A class: its lines outlive the checks that are handed it.
final class CheckRunner {
    let session: Session
    private let place: String
    private let report: String
    private let start = ContinuousClock.now
    private var lines: [String] = []

    init(session: Session, place: String, report: String) {
        self.session = session
        self.place = place
        self.report = report
    }

    var communicator: any Communicator { session.communicator }

    /// Checks one sentence: it holds if no rank finds a fault.
    ///
    /// An error ends the job: the other ranks may wait for this one.
    func check(_ sentence: String, _ body: (inout Findings) throws -> Void) throws {
        // Where a job hangs, its log says in what.
        if session.isRoot {
            print("\(ContinuousClock.now - start) \(sentence)")
            fflush(nil)
        }
        var findings = Findings()
        do {
            try body(&findings)
        } catch {
            throw UserError(.fault, "\(sentence): \(error)")
        }
        let faults = try session.exchange(findings.faults)
        let note = findings.note.isEmpty ? "" : " (\(findings.note))"
        let isHeld = faults.allSatisfy(\.isEmpty)
        lines.append("\(isHeld ? "ok    " : "FAILED") \(place): \(sentence)\(note)")
        for (rank, faults) in faults.enumerated() {
            lines += faults.map { "         rank \(rank): \($0)" }
        }
        guard session.isRoot else { return }
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: report))
    }
}
