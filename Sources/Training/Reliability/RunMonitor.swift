internal import Foundation
internal import Program
internal import Session
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#endif

/// Knows what this rank is doing, and triggers injected faults there.
///
/// A class: the main thread, the prefetch thread and the watchdog share it.
package final class RunMonitor: Sendable {
    /// What a rank is doing, and since when.
    package struct Position: Sendable {
        package var phase = RunPhase.setup
        package var update = 0
        /// By `monotonicSeconds`.
        package var since = monotonicSeconds()
    }

    private let position = Mutex(Position())
    private let pending: Mutex<[Injection]>

    /// A monitor of one rank with the faults to inject on it.
    init(injections: [Injection] = [], rank: Int = 0) {
        pending = Mutex(injections.filter { $0.rank == rank })
    }

    /// What this rank is doing.
    package var current: Position { position.withLock { $0 } }

    /// Notes what this rank does from here on, in an update counted from 1, and injects a fault if one is
    /// due.
    func enter(_ phase: RunPhase, update: Int) {
        position.withLock { $0 = Position(phase: phase, update: update, since: monotonicSeconds()) }
        let due = take { injection in
            guard injection.step == update && injection.phase == phase else { return false }
            return switch injection.action {
            case .kill, .signal, .delay: true
            default: false
            }
        }
        for injection in due { strike(injection.action) }
    }

    private func strike(_ action: Injection.Action) {
        switch action {
        case .kill: kill(getpid(), SIGKILL)
        case .signal(let number):
            kill(getpid(), number)
            // Another thread receives it: wait until it has, so that the signal takes effect here.
            let patience = monotonicSeconds() + 1
            while number != SIGSTOP && !Interruption.isRequested && monotonicSeconds() < patience {
                usleep(1000)
            }
        case .delay(let seconds): Thread.sleep(forTimeInterval: seconds)
        default: break
        }
    }

    /// Throws if this rank is to fail in an update.
    func failIfDue(update: Int) throws {
        guard !take({ $0.action == .fail && $0.step == update }).isEmpty else { return }
        throw UserError(.fault, "update \(update): failed, as requested by --inject")
    }

    /// Whether an action is planned for an update; it stays planned, so that an update can be repeated.
    package func plans(update: Int, _ isWanted: (Injection.Action) -> Bool) -> Bool {
        pending.withLock { $0.contains { $0.step == update && isWanted($0.action) } }
    }

    /// The tensor in whose gradient this rank is to have a NaN.
    func poisonedTensor(update: Int) -> String? {
        pending.withLock { pending in
            for injection in pending where injection.step == update {
                if case .notANumber(let tensor?) = injection.action { return tensor }
            }
            return nil
        }
    }

    /// The bit flip that is due after an update.
    func takeFlip(update: Int) -> Injection? {
        take {
            if case .flip = $0.action { return $0.step == update }
            return false
        }.first
    }

    private func take(_ isWanted: (Injection) -> Bool) -> [Injection] {
        pending.withLock { pending in
            let taken = pending.filter(isWanted)
            if !taken.isEmpty { pending.removeAll(where: isWanted) }
            return taken
        }
    }
}
