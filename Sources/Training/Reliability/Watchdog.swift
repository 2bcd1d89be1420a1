internal import Checkpoints
internal import Collectives
internal import Dispatch
internal import Foundation
internal import JSON
internal import Program
internal import Recipe
internal import Reports
internal import Session
internal import Synchronization

/// A thread of each rank that reports which rank the others wait for, where it is and for how long.
///
/// Each rank writes a heartbeat into the run directory: what it does, and since when. A rank that has waited in a
/// collective for longer than the limit reads all of them. Those that are silent, or do something else, are
/// missing; the first waiting rank reports them. None of this needs a message, which would have to wait too.
///
/// A class: its thread shares it with the run.
final class Watchdog: Sendable {
    /// When it reports and when it gives up, in seconds of waiting.
    struct Limits: Sendable {
        var stall: Double
        /// 0 never gives up.
        var abort: Double
    }

    private let limits: Limits
    private let isWatching: Bool
    private let watch: Mutex<Watch>
    private let isOver = Atomic(false)
    private let end = DispatchSemaphore(value: 0)

    /// A watchdog of this rank; it does nothing before `start`.
    init(
        monitor: RunMonitor, communicator: any Communicator, directory: RunDirectory, limits: Limits
    ) {
        self.limits = limits
        isWatching = (limits.stall > 0 || limits.abort > 0) && communicator.size > 1
        watch = Mutex(
            Watch(
                monitor: monitor, communicator: communicator, directory: directory,
                // All ranks' lines go to one file: each is one write, appended.
                metrics: MetricsLog(path: directory.metrics), limits: limits))
    }

    deinit { stop() }

    /// Starts watching, if there is a limit and another rank.
    func start() {
        guard isWatching else { return }
        let thread = Thread { [weak self] in
            while let watchdog = self, !watchdog.isOver.load(ordering: .relaxed) {
                watchdog.watch.withLock { $0.look() }
                _ = watchdog.end.wait(timeout: .now() + watchdog.period)
            }
        }
        thread.name = "watchdog"
        thread.start()
    }

    /// Reports that missing ranks are back, if any were reported: after a message from all of them.
    ///
    /// A run may end before the thread's next look.
    func noteReturn() { watch.withLock { $0.noteReturn() } }

    /// Lets the thread end.
    func stop() {
        isOver.store(true, ordering: .relaxed)
        end.signal()
    }

    /// Seconds between looks: a silent rank must have missed several.
    private var period: Double {
        let limit = [limits.stall, limits.abort].filter { $0 > 0 }.min() ?? 60
        return min(max(limit / 5, 0.2), 15)
    }
}

/// What the watchdog remembers from look to look.
private struct Watch: Sendable {
    let monitor: RunMonitor
    let communicator: any Communicator
    let directory: RunDirectory
    let metrics: MetricsLog
    let limits: Watchdog.Limits
    var count = 0
    /// The heartbeats read during this wait, and how often each was seen unchanged.
    var seen: [Int: (beat: Heartbeat, unchanged: Int)] = [:]
    /// The seconds of waiting at which it reports next.
    var nextReport: Double?
    /// When the wait found by the previous look began.
    var waitStart: ContinuousClock.Instant?

    mutating func look() {
        let waiting = communicator.waiting
        // A new wait, however short the time in between: the previous one ended on all ranks.
        if waiting == nil || waiting?.start != waitStart { noteReturn() }
        waitStart = waiting?.start
        let own = beat(waiting)
        own.write(to: directory)
        guard own.operation != nil else { return }
        let first = [limits.stall, limits.abort].filter { $0 > 0 }.min() ?? .infinity
        // Read early: silence shows only between two looks.
        guard own.waitSeconds > first / 3 else { return }
        readOthers()
        guard own.waitSeconds > first, reporter == own.rank else { return }
        speak(own)
    }

    private mutating func beat(
        _ waiting: (operation: String, start: ContinuousClock.Instant)?
    ) -> Heartbeat {
        let position = monitor.current
        count += 1
        return Heartbeat(
            count: count, rank: communicator.rank, host: communicator.hostName,
            process: ProcessInfo.processInfo.processIdentifier, phase: position.phase.rawValue,
            update: position.update, phaseSeconds: monotonicSeconds() - position.since,
            operation: waiting?.operation,
            waitSeconds: waiting.map { seconds($0.start.duration(to: .now)) } ?? 0,
            wall: Date().timeIntervalSince1970)
    }

    /// Forgets the previous wait, and reports its missing ranks as back.
    mutating func noteReturn() {
        if nextReport != nil {
            say("the missing ranks are back")
        }
        nextReport = nil
        seen = [:]
    }

    private mutating func readOthers() {
        for rank in 0..<communicator.size where rank != communicator.rank {
            guard let beat = Heartbeat.read(directory, rank: rank) else { continue }
            let isUnchanged = seen[rank]?.beat.count == beat.count
            seen[rank] = (beat, isUnchanged ? (seen[rank]?.unchanged ?? 0) + 1 : 0)
        }
    }

    /// Whether a rank's heartbeat has not changed for two looks or more.
    private func isSilent(_ rank: Int) -> Bool { (seen[rank]?.unchanged ?? 2) >= 2 }

    /// The rank that reports for all waiting ones.
    private var reporter: Int? {
        (0..<communicator.size).first { rank in
            rank == communicator.rank || (!isSilent(rank) && seen[rank]?.beat.operation != nil)
        }
    }

    private mutating func speak(_ own: Heartbeat) {
        if limits.stall > 0, own.waitSeconds >= nextReport ?? limits.stall {
            nextReport = 2 * max(own.waitSeconds, limits.stall)
            say(sentence(own))
        }
        guard limits.abort > 0, own.waitSeconds >= limits.abort else { return }
        say("\(sentence(own)); ending the run, as reliability.abort_seconds says")
        communicator.abort(code: ExitCode.stalled.rawValue)
    }

    private func sentence(_ own: Heartbeat) -> String {
        let missing = (0..<communicator.size).filter { rank in
            rank != own.rank && (isSilent(rank) || seen[rank]?.beat.operation == nil)
        }
        let parts = missing.map { rank -> String in
            guard let beat = seen[rank]?.beat else {
                return "rank \(rank), which was never seen in \(directory.ranks)"
            }
            let place = "rank \(rank) on \(beat.host) (process \(beat.process))"
            guard isSilent(rank) else {
                return "\(place): in \(beat.doing) for \(seconds(beat.phaseSeconds))"
            }
            return "\(place): no sign of life for \(seconds(Date().timeIntervalSince1970 - beat.wall)), "
                + "last seen in \(beat.doing)"
        }
        let position = own.update > 0 ? "update \(own.update): " : ""
        return "\(position)waiting for \(seconds(own.waitSeconds)) in \(own.operation ?? "") for "
            + (parts.isEmpty
                ? "a message; all ranks are here: check the network" : parts.joined(separator: "; "))
    }

    private func seconds(_ seconds: Double) -> String { "\(Int(seconds.rounded())) s" }

    private func seconds(_ duration: Duration) -> Double { duration / .seconds(1) }

    private func say(_ text: String) {
        let line = "parp: rank \(communicator.rank) on \(communicator.hostName): \(text)\n"
        FileHandle.standardError.write(Data(line.utf8))
        metrics.append(.fault, step: monitor.current.update, [("what", .string(text))])
    }
}
