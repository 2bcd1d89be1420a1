import Collectives
import Foundation
import Synchronization
import Testing

struct WorkerThreadTests {
    @Test("jobs run in the order in which they came, one at a time, on one named thread")
    func order() {
        let worker = WorkerThread(name: "worker")
        let seen = Mutex<[(job: Int, thread: String?)]>([])
        for job in 0..<500 {
            worker.enqueue {
                let name = try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
                seen.withLock { $0.append((job, name)) }
            }
        }
        #expect(worker.run { 42 } == 42, "a job waited for runs after earlier ones")
        seen.withLock { seen in
            #expect(seen.map(\.job) == Array(0..<500))
            #expect(seen.allSatisfy { $0.thread == "worker\n" })
        }
        worker.close()
    }

    @Test("a closed worker still does what it was given before")
    func close() {
        let worker = WorkerThread(name: "worker")
        let done = Mutex(0)
        let last = PendingOperation()
        for _ in 0..<10 { worker.enqueue { done.withLock { $0 += 1 } } }
        worker.enqueue { last.finish() }
        worker.close()
        #expect(throws: Never.self) { try last.wait() }
        #expect(done.withLock { $0 } == 10)
    }
}

struct PendingOperationTests {
    @Test("waiting ends when the operation does, and tells its seconds")
    func waiting() throws {
        let operation = PendingOperation()
        let start = ContinuousClock.now
        let isFinished = Mutex(false)
        Thread {
            Thread.sleep(forTimeInterval: 0.05)
            isFinished.withLock { $0 = true }
            operation.finish(interval: start..<start + .seconds(1.5))
        }.start()
        try operation.wait()
        #expect(isFinished.withLock { $0 })
        #expect(operation.interval == start..<start + .seconds(1.5))
    }

    @Test("a fault is passed on to everyone who waits, however often")
    func faults() {
        let operation = PendingOperation()
        operation.finish(error: CollectiveError("sum", "no network"))
        for _ in 0..<3 {
            #expect(throws: CollectiveError("sum", "no network")) { try operation.wait() }
        }
    }
}
