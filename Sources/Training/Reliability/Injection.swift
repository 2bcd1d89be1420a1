internal import Foundation
package import Program

/// A fault that a user injects with `--inject ACTION@key=value:key=value`, to see how a run handles it.
package struct Injection: Sendable, Equatable {
    /// What happens.
    package enum Action: Sendable, Equatable {
        /// The rank's process ends at once, as with SIGKILL.
        case kill
        /// The rank gets a signal.
        case signal(Int32)
        /// The rank sleeps.
        case delay(seconds: Double)
        /// The rank throws.
        case fail
        /// A number of this rank's gradient, or of its audio if no tensor is named, becomes NaN.
        case notANumber(tensor: String?)
        /// A bit of this rank's weights flips after the update.
        case flip(tensor: String?)
        /// The checkpoint of the update loses its second half once it is written.
        case truncate
        /// The checkpoint of the update finds the disk full.
        case noSpace
    }

    let action: Action
    /// The rank it happens on.
    package let rank: Int
    /// The update it happens in, counted from 1 as in `metrics.jsonl`.
    package let step: Int
    /// What the rank is doing when it happens.
    package let phase: RunPhase

    private static let signals = ["TERM": SIGTERM, "USR1": SIGUSR1, "INT": SIGINT, "STOP": SIGSTOP]
    private static let longestText = 200
    private static let longestDelay = 3600.0
    /// Examples for messages.
    private static let examples =
        "write e.g. kill@rank=2:step=7, delay@rank=1:step=3:seconds=5, signal@step=3:phase=backward:signal=TERM, "
        + "fail@step=2, nan@rank=1:step=4:tensor=lm_head.weight, flip@rank=1:step=5, truncate@step=6, enospc@step=6"

    /// Parses an injection from the command line.
    package init(parsing text: String) throws(UserError) {
        func refusal(_ reason: String) -> UserError {
            UserError(.usage, "--inject \(text.prefix(Self.longestText)): \(reason); \(Self.examples)")
        }
        guard text.utf8.count <= Self.longestText else {
            throw refusal("longer than \(Self.longestText) characters")
        }
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw refusal("there is no @") }
        var fields = try Fields(String(parts[1]), refusal)
        rank = try fields.integer("rank", in: 0...1_000_000, default: 0)
        step = try fields.integer("step", in: 0...1_000_000_000)
        var phase = RunPhase.data
        switch parts[0] {
        case "kill": action = .kill
        case "signal":
            action = .signal(try fields.choice("signal", among: Self.signals, default: SIGTERM))
        case "delay":
            action = .delay(seconds: try fields.number("seconds", in: 0...Self.longestDelay))
        case "fail": action = .fail
        case "nan": action = .notANumber(tensor: fields.take("tensor"))
        case "flip": action = .flip(tensor: fields.take("tensor"))
        case "truncate": action = .truncate
        case "enospc": action = .noSpace
        default: throw refusal("unknown action \"\(parts[0])\"")
        }
        switch action {
        case .kill, .signal, .delay:
            let phases = Dictionary(uniqueKeysWithValues: RunPhase.allCases.map { ($0.rawValue, $0) })
            phase = try fields.choice("phase", among: phases, default: .data)
        default: break
        }
        if let rest = fields.rest { throw refusal("\(parts[0]) has no \"\(rest)\"") }
        self.phase = phase
    }
}

/// The `key=value` pairs of an injection, taken one after another.
private struct Fields {
    private var values: [String: String] = [:]
    private let refusal: (String) -> UserError

    init(_ text: String, _ refusal: @escaping (String) -> UserError) throws(UserError) {
        self.refusal = refusal
        for pair in text.split(separator: ":", omittingEmptySubsequences: false) {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else {
                throw refusal("\"\(pair)\" is not key=value")
            }
            guard values.updateValue(String(sides[1]), forKey: String(sides[0])) == nil else {
                throw refusal("\(sides[0]) is given twice")
            }
        }
    }

    /// A key that was not used.
    var rest: String? { values.keys.min() }

    mutating func take(_ key: String) -> String? { values.removeValue(forKey: key) }

    mutating func integer(
        _ key: String, in range: ClosedRange<Int>, default fallback: Int? = nil
    ) throws(UserError) -> Int {
        guard let text = take(key) else {
            guard let fallback else { throw refusal("\(key) is missing") }
            return fallback
        }
        guard let value = Int(text), range.contains(value) else {
            throw refusal(
                "\(key) is \"\(text)\", not a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    mutating func number(_ key: String, in range: ClosedRange<Double>) throws(UserError) -> Double {
        guard let text = take(key) else { throw refusal("\(key) is missing") }
        guard let value = Double(text), range.contains(value) else {
            throw refusal("\(key) is \"\(text)\", not from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    mutating func choice<Value>(
        _ key: String, among values: [String: Value], default fallback: Value
    ) throws(UserError) -> Value {
        guard let text = take(key) else { return fallback }
        guard let value = values[text] else {
            throw refusal("\(key) is \"\(text)\", not one of \(values.keys.sorted().joined(separator: ", "))")
        }
        return value
    }
}
