import Synchronization
import Tensors
import Testing

struct ThreadsTests {
    @Test("every item is visited once, for any count, grain and number of threads")
    func cover() {
        for threads in [1, 2, 3, 8] {
            for count in [0, 1, 2, 7, 64, 1001] {
                for grain in [0, 1, 3, 1000] {
                    let visited = Mutex([Int](repeating: 0, count: count))
                    Threads.$countOfTask.withValue(threads) {
                        parallelFor(count, grain: grain) { range in
                            visited.withLock { for index in range { $0[index] += 1 } }
                        }
                    }
                    let isOnce = visited.withLock { $0.allSatisfy { $0 == 1 } }
                    #expect(isOnce, "\(count) items, grain \(grain), \(threads) threads")
                }
            }
        }
    }

    @Test("work below the grain is not cut")
    func grain() {
        let ranges = Mutex<[Range<Int>]>([])
        Threads.$countOfTask.withValue(4) {
            parallelFor(19, grain: 10) { range in ranges.withLock { $0.append(range) } }
        }
        #expect(ranges.withLock { $0 } == [0..<19])
    }

    @Test("a rank has at least one thread")
    func atLeastOne() async {
        // In a process of its own, since the number is that of tests beside this one, too.
        await #expect(processExitsWith: .success) {
            for count in [0, -3] {
                Threads.count = count
                precondition(Threads.count == 1)
            }
        }
    }
}
