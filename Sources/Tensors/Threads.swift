import Dispatch
import Synchronization

/// The number of threads of a rank, set once at the start from `distributed.threads_per_rank`.
public enum Threads {
    private static let storage = Atomic<Int>(1)

    /// Another number for a single task: for tests that run concurrently with others.
    @TaskLocal public static var countOfTask: Int?

    /// The number of threads a kernel may use.
    public static var count: Int {
        get { countOfTask ?? storage.load(ordering: .relaxed) }
        set { storage.store(max(1, newValue), ordering: .relaxed) }
    }
}

/// Runs `body` over disjoint ranges that cover `0 ..< count`, on this rank's threads.
///
/// The ranges depend on the thread count, so a body must not let a result depend on where a range starts:
/// elementwise work and whole rows qualify, sums across rows do not. Below `grain` items per thread, it runs
/// on the caller.
public func parallelFor(_ count: Int, grain: Int, _ body: @Sendable (Range<Int>) -> Void) {
    parallelParts(count, grain: grain) { _, range in body(range) }
}

/// The maximum number of parts of `parallelParts`, for scratch with one piece per part.
public func parallelPartCount(_ count: Int, grain: Int) -> Int {
    max(1, min(Threads.count, count / max(1, grain)))
}

/// Runs `body` over disjoint ranges that cover `0 ..< count`, each with the number of its part; on the
/// counting device, one after the other.
public func parallelParts(
    _ count: Int, grain: Int, on device: Device = .cpu, _ body: @Sendable (Int, Range<Int>) -> Void
) {
    let parts = parallelPartCount(count, grain: grain)
    @Sendable func run(_ part: Int) { body(part, count * part / parts..<count * (part + 1) / parts) }
    if parts > 1 && device == .cpu {
        DispatchQueue.concurrentPerform(iterations: parts, execute: run)
    } else {
        for part in 0..<parts where count > 0 { run(part) }
    }
}
