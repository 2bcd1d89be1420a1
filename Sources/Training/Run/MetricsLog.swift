internal import Checkpoints
internal import Foundation
package import JSON
internal import Recipe
package import Reports

/// `metrics.jsonl`: one object per line, written at once, so that a killed run loses none; and the same
/// numbers for TensorBoard.
///
/// While the disk is full, events are lost, but no partial event remains.
package final class MetricsLog: Sendable {
    // A class, as is the file that it appends to.
    private let file: AppendedFile?
    private let events: EventFile?

    /// A log that appends to a file; without one, nothing is written (ranks other than 0).
    package init(path: String?, events: EventFile? = nil) {
        file = path.map(AppendedFile.init)
        self.events = events
    }

    /// Appends an event.
    package func append(_ kind: MetricsKind, step: Int, _ fields: [(String, JSONValue)]) {
        guard let file else { return }
        let wall = Date().timeIntervalSince1970
        let members = [
            JSONValue.Member("schema", .integer(1)), .init("kind", .string(kind.rawValue)),
            .init("step", .integer(step)), .init("wall", .number(wall)),
        ]
        let scalars = fields.compactMap { field in
            field.1.double.map { (tag: "\(kind.rawValue)/\(field.0)", value: Float($0)) }
        }
        events?.append(scalars, step: step, wall: wall)
        let event = JSONValue.object(members + fields.map { JSONValue.Member($0.0, $0.1) })
        switch file.append(Data((event.line + "\n").utf8), separator: Data("\n".utf8)) {
        case .written(afterLosing: 0): break
        case .written(let count): say("\(file.path) is written again; \(count) events are lost")
        // Reported once: on a full disk every update would repeat it.
        case .lost(let reason, isFirst: true): say("warning: \(file.path) cannot be written (\(reason))")
        case .lost: break
        }
    }

    /// Appends what only TensorBoard gets.
    package func note(_ summaries: [[UInt8]], step: Int) {
        events?.append(summaries, step: step, wall: Date().timeIntervalSince1970)
    }

    /// Notes that the run has ended as it should.
    package func end(step: Int) { events?.end(step: step) }

    private func say(_ sentence: String) { print("parp: \(sentence)") }

    /// Removes events after an update, which the run will repeat.
    ///
    /// Faults stay; truncated lines do not.
    package func forget(behind update: Int, includingEvaluation: Bool) throws {
        guard let path = file?.path else { return }
        var isWhole = true
        try forEachLine(of: path) { line, hasEnd in
            isWhole = isWhole && hasEnd && keeps(line, behind: update, includingEvaluation)
        }
        if isWhole { return }
        var kept = try AtomicFile(path: path)
        try forEachLine(of: path) { line, _ in
            if keeps(line, behind: update, includingEvaluation) { try kept.write(line + [0x0A]) }
        }
        try kept.commit()
    }

    /// Whether the log has an event of a kind after an update.
    package func notes(_ kind: MetricsKind, step: Int) throws -> Bool {
        guard let path = file?.path else { return false }
        var isNoted = false
        try forEachLine(of: path) { line, _ in
            guard !isNoted, let event = try? JSONValue(parsing: line) else { return }
            isNoted = MetricsKind(of: event) == kind && event["step"]?.integer == step
        }
        return isNoted
    }

    /// Whether a line is a complete event that is kept when a run resumes after an update.
    private func keeps(_ line: Data, behind update: Int, _ includingEvaluation: Bool) -> Bool {
        guard let event = try? JSONValue(parsing: line), let step = event["step"]?.integer,
            let kind = MetricsKind(of: event)
        else { return false }
        switch kind {
        case .fault, .resume: return true
        case .eval where includingEvaluation: return step < update
        // The average at the end is recomputed.
        case .eval where event["averaged"] != nil: return false
        default: return step <= update
        }
    }
}
