internal import Synchronization

/// An operation that another thread carries out.
///
/// A class: two threads share it.
public final class PendingOperation: Sendable {
    private struct Outcome {
        var error: CollectiveError?
        var interval: Range<ContinuousClock.Instant>?
    }

    private let outcome = Mutex(Outcome())
    private let done = Semaphore()

    /// An operation under way.
    public init() {}

    /// Waits until the operation has ended, and passes on its fault.
    public func wait() throws(CollectiveError) {
        done.wait()
        // Whoever waits next shall not sleep.
        done.signal()
        if let error = outcome.withLock({ $0.error }) { throw error }
    }

    /// From when to when the operation ran, once it has ended, waiting for other ranks included; nil if it took no
    /// time at all.
    public var interval: Range<ContinuousClock.Instant>? { outcome.withLock { $0.interval } }

    /// Says that the operation has ended; called once, by who carries it out.
    public func finish(error: CollectiveError? = nil, interval: Range<ContinuousClock.Instant>? = nil) {
        outcome.withLock { $0 = Outcome(error: error, interval: interval) }
        done.signal()
    }
}
