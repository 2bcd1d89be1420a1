internal import Collectives
internal import Foundation
internal import Program

/// Runs a command on this rank and ends the process with its exit code.
///
/// A fault shared by all ranks is printed once, by rank 0, and all finalise normally. A fault of one rank is
/// printed by that rank, with its name, and aborts the whole job: the others may be waiting for it.
package func launch(_ body: (Session) throws -> Void) -> Never {
    let session: Session
    do {
        session = try Session()
    } catch {
        printError(message(for: error))
        exit(exitCode(for: error))
    }
    do {
        try body(session)
    } catch let failure as CollectiveFailure {
        if session.isRoot { printError(failure.description) }
        session.communicator.close()
        exit(failure.exitCode)
    } catch {
        fail(error, on: session.communicator)
    }
    session.communicator.close()
    exit(0)
}

/// Ends the whole job for a fault of this rank.
private func fail(_ error: any Error, on communicator: any Communicator) -> Never {
    let place =
        communicator.size > 1 ? "rank \(communicator.rank) on \(communicator.hostName): " : ""
    printError(place + message(for: error))
    guard communicator.size > 1 else { exit(exitCode(for: error)) }
    communicator.abort(code: exitCode(for: error))
}

/// Writes one message to standard error, after whatever was printed before it.
private func printError(_ message: String) {
    fflush(nil)
    // If nothing can be printed, the exit code still tells.
    try? FileHandle.standardError.write(contentsOf: Data("parp: \(message)\n".utf8))
}

/// The exit code of an error.
package func exitCode(for error: any Error) -> Int32 {
    switch error {
    case let error as CollectiveFailure: error.exitCode
    case let error as CollectiveError where error.lostRank: ExitCode.stalled.rawValue
    case let error as any Fault: error.exitCode.rawValue
    default: ExitCode.fault.rawValue
    }
}

/// The message of an error.
package func message(for error: any Error) -> String { "\(error)" }
