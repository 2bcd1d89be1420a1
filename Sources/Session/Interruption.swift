internal import Collectives
internal import Foundation
internal import Program
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#endif

/// Whether someone asked this process to stop: a scheduler before a time limit or a preemption, or a user.
///
/// A signal only sets a flag. Ranks agree on it in a message that is sent anyway, so that all of them stop
/// after the same update.
package enum Interruption {
    /// Handles SIGTERM, SIGUSR1, SIGINT and SIGHUP from here on; called before any long work and before other
    /// threads start.
    ///
    /// However often they come, they count once. A second SIGINT ends the process at once.
    ///
    /// A dedicated thread waits for the signals, and all others block them: oneDNN's generated code moves the
    /// stack pointer into the heap, where a handler's frame would overwrite data. Threads that a library started
    /// when it was loaded, as OpenBLAS does, cannot be told to block them and run none of that code: a handler
    /// serves them, without which the signal would end the process.
    package static func watch() {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in requests {
            sigaddset(&signals, number)
            signal(number, note)
        }
        // Later threads inherit the mask; a signal that comes before anyone waits stays pending.
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let watched = signals
        let thread = Thread {
            var (signals, number) = (watched, Int32(0))
            while sigwait(&signals, &number) == 0 { note(number) }
        }
        thread.name = "signals"
        thread.start()
    }

    /// The same for a process that only starts others, which must not inherit blocked signals.
    package static func watchForChildren() {
        isNoted.store(false, ordering: .relaxed)
        for number in requests { signal(number) { _ in isNoted.store(true, ordering: .relaxed) } }
        // After installing the handlers: pending signals arrive now.
        unblock()
    }

    /// Unblocks the signals that the parent process left blocked.
    ///
    /// A child inherits the mask of the thread that starts it, which is never intended: pool threads of many
    /// runtimes block all signals. An *ignored* signal is intended, and stays ignored.
    package static func unblock() {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGTERM, SIGUSR1, SIGINT, SIGHUP] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    /// The signals that ask to stop.
    ///
    /// An ignored hang-up (`nohup`) is not one of them.
    private static var requests: [Int32] {
        var hangUp = sigaction()
        sigaction(SIGHUP, nil, &hangUp)
        let isIgnored = unsafeBitCast(hangUp.__sigaction_handler.sa_handler, to: Int.self) == 1
        return [SIGTERM, SIGUSR1, SIGINT] + (isIgnored ? [] : [SIGHUP])
    }

    /// Whether this process was asked to stop.
    package static var isRequested: Bool { isNoted.load(ordering: .relaxed) }
}

private let isNoted = Atomic(false)
private let keyboardInterrupts = Atomic(0)

/// Notes a signal; safe in a handler.
private func note(_ number: Int32) {
    isNoted.store(true, ordering: .relaxed)
    guard number == SIGINT else { return }
    if keyboardInterrupts.add(1, ordering: .relaxed).newValue > 1 { _exit(128 + SIGINT) }
}

extension Session {
    /// Ends all ranks together if one of them was asked to stop, before there is anything to save.
    ///
    /// - Throws: On all ranks alike, for exit code 85.
    package func stopIfInterrupted() throws {
        guard try exchange(Interruption.isRequested).contains(true) else { return }
        throw CollectiveFailure(
            .interrupted, "interrupted before an update was done; run again, with --resume, to begin")
    }

    /// Abandons an evaluation on all ranks together if one of them was asked to stop.
    package func giveUpEvaluationIfInterrupted() throws {
        var requests = [Interruption.isRequested ? 1 : 0]
        try communicator.allReduceSum(&requests)
        if requests[0] > 0 { throw EvaluationInterrupted() }
    }
}

/// An evaluation was abandoned because a rank was asked to stop; thrown on all ranks alike.
package struct EvaluationInterrupted: Error {}
