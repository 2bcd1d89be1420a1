internal import Dispatch
internal import Foundation
internal import Synchronization

/// Counts signals, so that a wait after its signal does not sleep.
final class Semaphore: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func wait() { semaphore.wait() }
    func signal() { semaphore.signal() }
}

/// A named thread that runs jobs in order, asleep when there are none.
///
/// A class: the threads that submit work share it with the one that does it.
package final class WorkerThread: Sendable {
    package typealias Job = @Sendable () -> Void

    private struct Queue {
        var jobs: [Job] = []
        var isClosed = false
    }

    private let queue = Mutex(Queue())
    private let available = Semaphore()

    /// Starts the thread.
    package init(name: String) {
        Thread { self.work() }.start()
        // From within and after the start: on Linux a name set before is never passed to the system.
        enqueue { Thread.current.name = name }
    }

    /// Adds a job after all others.
    package func enqueue(_ job: @escaping Job) {
        queue.withLock { $0.jobs.append(job) }
        available.signal()
    }

    /// Runs a job after all others and waits for its result.
    package func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) -> Value {
        let result = Mutex<Value?>(nil)
        let done = Semaphore()
        enqueue {
            let value = body()
            result.withLock { $0 = value }
            done.signal()
        }
        done.wait()
        guard let value = result.withLock({ $0 }) else { preconditionFailure("a job ended without a result") }
        return value
    }

    /// Lets the thread end once its jobs are done.
    package func close() {
        queue.withLock { $0.isClosed = true }
        available.signal()
    }

    private func work() {
        while true {
            available.wait()
            let (job, isOver) = queue.withLock { queue -> (Job?, Bool) in
                queue.jobs.isEmpty ? (nil, queue.isClosed) : (queue.jobs.removeFirst(), false)
            }
            if let job { job() }
            if isOver { return }
        }
    }
}
