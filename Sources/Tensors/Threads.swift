import Dispatch
import Synchronization

/// How many threads a rank computes with, set once at the start from `distributed.threads_per_rank`.
public enum Threads {
    private static let storage = Atomic<Int>(1)

    /// The number of threads a kernel may use.
    public static var count: Int {
        get { storage.load(ordering: .relaxed) }
        set { storage.store(max(1, newValue), ordering: .relaxed) }
    }
}

/// Runs `body` over disjoint ranges that cover `0 ..< count`, on this rank's threads.
///
/// The ranges depend on the thread count, so a body must not let a result depend on where a range starts:
/// elementwise work and whole rows qualify, sums across rows do not. Below `grain` items a thread, it runs on
/// the caller.
public func parallelFor(_ count: Int, grain: Int, _ body: @Sendable (Range<Int>) -> Void) {
    let parts = min(Threads.count, count / max(1, grain))
    guard parts > 1 else {
        if count > 0 { body(0..<count) }
        return
    }
    DispatchQueue.concurrentPerform(iterations: parts) { part in
        body(count * part / parts..<count * (part + 1) / parts)
    }
}
