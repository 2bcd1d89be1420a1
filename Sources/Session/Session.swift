package import Collectives
internal import Foundation
package import Program

/// One rank's membership in a run: its communicator and the rules by which ranks fail together.
package struct Session: Sendable {
    /// The communicator.
    package let communicator: any Communicator

    /// Whether this rank acts for all: prints, and writes files.
    package var isRoot: Bool { communicator.rank == 0 }

    /// Joins the run that a launcher started, or runs alone.
    package init() throws { communicator = try connect() }

    /// A session over an existing communicator.
    package init(communicator: any Communicator) { self.communicator = communicator }

    /// Runs a piece of set-up on every rank, and fails on all of them if it fails on one.
    ///
    /// Ranks synchronise here, so none waits for one that gave up. Equal messages are reported once; others
    /// with their rank.
    package func together<Value>(_ body: () throws -> Value) throws -> Value {
        let outcome = Result(catching: body)
        var report = FailureReport()
        if case .failure(let error) = outcome {
            report = FailureReport(exitCode: exitCode(for: error), message: message(for: error))
        }
        let reports = try exchange(report)
        if let failure = CollectiveFailure(reports) { throw failure }
        return try outcome.get()
    }

    /// Gathers all ranks' values on every rank, in rank order.
    package func exchange<Value: Codable>(_ value: Value) throws -> [Value] {
        let gathered = try communicator.gather([UInt8](JSONEncoder().encode(value)), root: 0)
        let joined = try gathered.map { parts in
            try JSONEncoder().encode(parts.map { Data($0) })
        }
        let shared = try communicator.broadcastData(joined.map { [UInt8]($0) }, root: 0)
        return try JSONDecoder().decode([Data].self, from: Data(shared)).map {
            try JSONDecoder().decode(Value.self, from: $0)
        }
    }

    /// Gathers all ranks' values on rank 0, in rank order; the others get nil.
    ///
    /// With many ranks it sends far less than `exchange`.
    package func collect<Value: Codable>(_ value: Value) throws -> [Value]? {
        let gathered = try communicator.gather([UInt8](JSONEncoder().encode(value)), root: 0)
        return try gathered?.map { try JSONDecoder().decode(Value.self, from: Data($0)) }
    }

    /// Broadcasts rank 0's value; the others' is ignored.
    package func share<Value: Codable>(_ value: Value) throws -> Value {
        let own = isRoot ? [UInt8](try JSONEncoder().encode(value)) : nil
        let shared = try communicator.broadcastData(own, root: 0)
        return try JSONDecoder().decode(Value.self, from: Data(shared))
    }
}

/// What went wrong on one rank; code 0 if nothing did.
private struct FailureReport: Codable {
    var exitCode: Int32 = 0
    var message = ""
}

/// A fault that all ranks know and end on together.
package struct CollectiveFailure: Error, CustomStringConvertible {
    package let exitCode: Int32
    package let description: String

    /// A failure that every rank states alike.
    package init(_ code: ExitCode, _ description: String) {
        exitCode = code.rawValue
        self.description = description
    }

    /// The failure of these ranks, or nil if all succeeded.
    fileprivate init?(_ reports: [FailureReport]) {
        let failed = reports.enumerated().filter { $0.element.exitCode != 0 }
        guard let first = failed.first else { return nil }
        exitCode = first.element.exitCode
        let messages = Set(failed.map(\.element.message))
        if messages.count == 1 {
            description = first.element.message
        } else {
            description = failed.map { "rank \($0.offset): \($0.element.message)" }.joined(separator: "\n")
        }
    }
}
