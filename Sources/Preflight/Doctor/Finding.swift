package import JSON
package import Program
internal import Session
internal import Tasks
internal import Training

/// One thing that the user of a launch should know: what, where, why it matters, and the fix.
package struct Finding: Sendable, Equatable {
    /// How much it matters.
    package enum Level: String, Sendable, CaseIterable {
        /// The run would fail, or not be the intended one.
        case error
        /// The run would be slower, or might fail.
        case warning
        /// Good to know.
        case note
    }

    /// Its topic, which decides the exit code.
    package enum Topic: String, Sendable {
        /// How ranks were started and placed, and with which options.
        case launch
        /// The ranks' programs and files.
        case data
        /// What the machines allow.
        case machine

        /// The exit code for an error of this kind.
        package var exitCode: ExitCode {
            switch self {
            case .launch: .usage
            case .data: .data
            case .machine: .fault
            }
        }
    }

    let level: Level
    let topic: Topic
    /// The ranks concerned, in ascending order.
    package let ranks: [Int]
    /// What was found.
    package let what: String
    /// Why it matters.
    let why: String
    /// What to do, in one line.
    package let fix: String

    /// A finding.
    package init(_ level: Level, _ topic: Topic, ranks: [Int], what: String, why: String, fix: String) {
        self.level = level
        self.topic = topic
        self.ranks = ranks
        self.what = what
        self.why = why
        self.fix = fix
    }

    /// The finding as an object.
    package var json: JSONValue {
        .object([
            .init("level", .string(level.rawValue)), .init("topic", .string(topic.rawValue)),
            .init("ranks", .string(numberRanges(ranks))), .init("what", .string(what)),
            .init("why", .string(why)), .init("fix", .string(fix)),
        ])
    }
}

/// Bytes in readable form: `64 MB`, `1.2 GB`.
func bytesText(_ bytes: Int) -> String {
    let gigabytes = Double(bytes) / 1e9
    guard gigabytes < 0.9995 else { return "\((gigabytes * 10).rounded() / 10) GB" }
    return "\(Int((Double(bytes) / 1e6).rounded())) MB"
}
