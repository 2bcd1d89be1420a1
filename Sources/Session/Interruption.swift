internal import Collectives
internal import Foundation
internal import Program
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#endif

/// Whether someone asked this process to stop: a scheduler before a time limit or a preemption, or a user.
///
/// A signal sets a flag and does nothing else. Ranks agree on what they saw in a message that travels anyway, so that
/// all of them stop after the same update.
package enum Interruption {
    /// Notes SIGTERM, SIGUSR1, SIGINT and SIGHUP from here on; called before anything takes time, and before other threads.
    ///
    /// However often they come, they ask for the same once. A second SIGINT ends the process at once.
    ///
    /// A thread of its own waits for the signals, and all others block them: oneDNN's generated code moves the stack
    /// pointer into the heap, where the system would write the frame of a handler over what lies there.
    package static func watch() {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in requests { sigaddset(&signals, number) }
        // Threads to come inherit it; a signal that comes before somebody waits is kept.
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let watched = signals
        let thread = Thread {
            var (signals, number, keyboardInterrupts) = (watched, Int32(0), 0)
            while sigwait(&signals, &number) == 0 {
                isNoted.store(true, ordering: .relaxed)
                keyboardInterrupts += number == SIGINT ? 1 : 0
                if keyboardInterrupts > 1 { _exit(128 + SIGINT) }
            }
        }
        thread.name = "signals"
        thread.start()
    }

    /// The same for a process that computes nothing and starts others, which must not inherit that they are blocked.
    package static func watchForChildren() {
        isNoted.store(false, ordering: .relaxed)
        for number in requests { signal(number) { _ in isNoted.store(true, ordering: .relaxed) } }
        // Behind the handlers: what was sent meanwhile comes now.
        unblock()
    }

    /// Lets the signals come that whoever started this process left blocked.
    ///
    /// A mask passes to what a thread starts, and nobody means it to: the threads of many runtimes' pools block all signals.
    /// That a signal is *ignored* is meant, and stays.
    package static func unblock() {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGTERM, SIGUSR1, SIGINT, SIGHUP] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    /// The signals that ask to stop.
    ///
    /// A hang-up that was to be ignored (`nohup`) is none.
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

extension Session {
    /// Ends all ranks together if one of them was asked to stop, before there is anything to save.
    ///
    /// - Throws: On all ranks alike, for exit code 85.
    package func stopIfInterrupted() throws {
        guard try exchange(Interruption.isRequested).contains(true) else { return }
        throw CollectiveFailure(
            .interrupted, "interrupted before an update was done; run again, with --resume, to begin")
    }

    /// Gives an evaluation up on all ranks together if one of them was asked to stop.
    package func giveUpEvaluationIfInterrupted() throws {
        var requests = [Interruption.isRequested ? 1 : 0]
        try communicator.allReduceSum(&requests)
        if requests[0] > 0 { throw EvaluationInterrupted() }
    }
}

/// An evaluation that was given up because a rank was asked to stop; thrown on all ranks alike.
package struct EvaluationInterrupted: Error {}
