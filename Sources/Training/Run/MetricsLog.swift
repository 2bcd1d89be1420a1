internal import Checkpoints
internal import Foundation

/// What a line of `metrics.jsonl` is about.
enum MetricsKind: String, Sendable {
    case train
    case eval
    case prune
    case checkpoint
    case fault
}

/// `metrics.jsonl`: one object a line, written at once, so that a killed run loses none; and its numbers once more
/// as TensorBoard reads them.
struct MetricsLog: Sendable {
    private let path: String?
    private let events: EventFile?

    /// A log that appends to a file; without one, nothing is written (ranks other than 0).
    init(path: String?, events: EventFile? = nil) {
        self.path = path
        self.events = events
    }

    /// Appends an event.
    func append(_ kind: MetricsKind, step: Int, _ fields: [(String, JSONValue)]) {
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
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        guard let handle = FileHandle(forWritingAtPath: path) else { return }
        _ = try? handle.seekToEnd()
        try? handle.write(contentsOf: Data((event.line + "\n").utf8))
        try? handle.close()
    }
}
