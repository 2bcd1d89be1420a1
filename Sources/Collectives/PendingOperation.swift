internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#endif

/// An operation that another thread carries out.
///
/// A class: two threads share it.
public final class PendingOperation: Sendable {
    private struct State {
        var isDone = false
        var error: CollectiveError?
        var seconds = 0.0
    }

    private let state = Mutex(State())
    private let done = Semaphore()

    init() {}

    /// Waits until the operation has ended, and passes on its fault.
    ///
    /// Called once.
    public func wait() throws(CollectiveError) {
        done.wait()
        if let error = state.withLock({ $0.error }) { throw error }
    }

    /// The seconds that the operation itself took, once it has ended.
    public var seconds: Double { state.withLock { $0.seconds } }

    /// Says that the operation has ended.
    func finish(error: CollectiveError? = nil, seconds: Double = 0) {
        state.withLock {
            $0.isDone = true
            $0.error = error
            $0.seconds = seconds
        }
        done.signal()
    }
}
