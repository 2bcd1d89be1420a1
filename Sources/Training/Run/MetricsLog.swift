internal import Checkpoints
internal import Foundation
package import JSON
internal import Recipe
internal import Reports
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#endif

/// What a line of `metrics.jsonl` is about.
package enum MetricsKind: String, Sendable {
    case train
    case eval
    case prune
    case checkpoint
    /// Something that went wrong, and what was made of it.
    case fault
    /// Where the ranks' time went.
    case ranks
    /// The run went on from a checkpoint.
    case resume
}

/// `metrics.jsonl`: one object a line, written at once, so that a killed run loses none; and its numbers once more
/// as TensorBoard reads them.
///
/// A class: it says once that its disk is full.
package final class MetricsLog: Sendable {
    private let path: String?
    private let events: EventFile?
    private let hasFailed = Atomic(false)

    /// A log that appends to a file; without one, nothing is written (ranks other than 0).
    package init(path: String?, events: EventFile? = nil) {
        self.path = path
        self.events = events
    }

    /// Appends an event.
    package func append(_ kind: MetricsKind, step: Int, _ fields: [(String, JSONValue)]) {
        guard let path else { return }
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
        guard append(Data((event.line + "\n").utf8), to: path) else {
            // Once: a full disk would have every update say it.
            let isFirst = hasFailed.compareExchange(expected: false, desired: true, ordering: .relaxed)
                .exchanged
            if isFirst {
                print("parp: warning: \(path) cannot be written (\(String(cString: strerror(errno))))")
            }
            return
        }
    }

    /// Adds bytes at the end in one call: other ranks may note a fault in the same file.
    private func append(_ data: Data, to path: String) -> Bool {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return data.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } == data.count
    }

    /// Removes what a run did after an update: it will do it again.
    ///
    /// Faults stay, and so does nothing that was cut off in the middle of a line.
    package func forget(behind update: Int, includingEvaluation: Bool) throws {
        guard let path, let data = FileManager.default.contents(atPath: path) else { return }
        let kept = data.split(separator: 0x0A).filter { line in
            guard let event = try? JSONValue(parsing: line), let step = event["step"]?.integer,
                let kind = event["kind"]?.string.flatMap(MetricsKind.init)
            else { return false }
            switch kind {
            case .fault, .resume: return true
            case .eval where includingEvaluation: return step < update
            default: return step <= update
            }
        }
        let text = Data(kept.flatMap { $0 + [0x0A] })
        if text != data { try AtomicFile.write(text, to: path) }
    }
}
