import Batching
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PrefetcherTests {
    private struct Broken: Error {}

    /// A source of 0, 1, 2 … up to a count, that fails at a number.
    private final class Source: Sendable {
        let next = Atomic(0)
        let count: Int
        let failing: Int?

        init(count: Int, failing: Int? = nil) {
            self.count = count
            self.failing = failing
        }

        func load() throws -> Int? {
            let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
            if number == failing { throw Broken() }
            return number < count ? number : nil
        }
    }

    @Test("items come in order, then nil for ever", arguments: [1, 2, 5])
    func order(depth: Int) throws {
        let source = Source(count: 100)
        let prefetcher = Prefetcher(depth: depth) { try source.load() }
        var found: [Int] = []
        while let item = try prefetcher.next() { found.append(item) }
        #expect(found == Array(0..<100))
        #expect(try prefetcher.next() == nil && prefetcher.next() == nil)
    }

    @Test("an error comes in its place, and nothing after it")
    func errors() throws {
        let source = Source(count: 10, failing: 3)
        let prefetcher = Prefetcher { try source.load() }
        #expect(try (0..<3).map { _ in try prefetcher.next() } == [0, 1, 2])
        #expect(throws: Broken.self) { try prefetcher.next() }
        #expect(try prefetcher.next() == nil && prefetcher.next() == nil)
        #expect(source.next.load(ordering: .relaxed) == 4)
    }

    @Test("no more is loaded than may be ready")
    func depth() throws {
        let source = Source(count: 100)
        let prefetcher = Prefetcher(depth: 3) { try source.load() }
        #expect(try prefetcher.next() == 0)
        for _ in 0..<200 where source.next.load(ordering: .relaxed) < 4 {
            Thread.sleep(forTimeInterval: 0.005)
        }
        Thread.sleep(forTimeInterval: 0.02)
        #expect(source.next.load(ordering: .relaxed) == 4)
        prefetcher.cancel()
    }

    @Test("a cancelled prefetcher gives nil, also to a reader that waits")
    func cancelling() throws {
        let started = DispatchSemaphore(value: 0)
        let release = DispatchSemaphore(value: 0)
        let prefetcher = Prefetcher<Int> {
            started.signal()
            release.wait()
            return 1
        }
        started.wait()
        let thread = Thread {
            Thread.sleep(forTimeInterval: 0.02)
            prefetcher.cancel()
        }
        thread.start()
        #expect(try prefetcher.next() == nil)
        release.signal()
        #expect(try prefetcher.next() == nil)
    }

    @Test("a prefetcher may go at any time, with items that nobody took")
    func lifetime() throws {
        for taken in 0..<4 {
            let source = Source(count: 100)
            do {
                let prefetcher = Prefetcher { try source.load() }
                for _ in 0..<taken { _ = try prefetcher.next() }
            }
            // The thread ends with it: no more is loaded than was taken, is ready, or is being loaded.
            Thread.sleep(forTimeInterval: 0.01)
            #expect(source.next.load(ordering: .relaxed) <= taken + 3)
        }
    }
}
