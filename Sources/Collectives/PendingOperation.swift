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

    /// An operation in progress.
    public init() {}

    /// Waits until the operation has ended, and passes on its fault.
    public func wait() throws(CollectiveError) {
        done.wait()
        // The next waiter must not sleep.
        done.signal()
        if let error = outcome.withLock({ $0.error }) { throw error }
    }

    /// When the operation ran, once it has ended, including waiting for other ranks; nil if it took no time.
    public var interval: Range<ContinuousClock.Instant>? { outcome.withLock { $0.interval } }

    /// Marks the operation as ended; called once, by the thread that carries it out.
    public func finish(error: CollectiveError? = nil, interval: Range<ContinuousClock.Instant>? = nil) {
        outcome.withLock { $0 = Outcome(error: error, interval: interval) }
        done.signal()
    }
}
