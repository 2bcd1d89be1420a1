internal import Synchronization

/// An operation that another thread carries out.
///
/// A class: two threads share it.
public final class PendingOperation: Sendable {
    private struct Outcome {
        var error: CollectiveError?
        var seconds = 0.0
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

    /// The seconds that the operation took, once it has ended, waiting for other ranks included.
    public var seconds: Double { outcome.withLock { $0.seconds } }

    /// Says that the operation has ended; called once, by who carries it out.
    public func finish(error: CollectiveError? = nil, seconds: Double = 0) {
        outcome.withLock { $0 = Outcome(error: error, seconds: seconds) }
        done.signal()
    }
}
