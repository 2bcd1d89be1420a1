import Foundation
import Tensors
import Testing

struct ArenaTests {
    @Test("tensors are apart, aligned to 64 bytes, whatever their extents")
    func layout() {
        var arena = Arena(capacityBytes: 1 << 20)
        let tensors = [
            arena.vector(1), arena.tensor(rows: 3, columns: 5), arena.vector(0), arena.vector(17),
            arena.tensor(rows: 0, columns: 9), arena.vector(16),
        ]
        for (index, tensor) in tensors.enumerated() {
            #expect(UInt(bitPattern: tensor.pointer) % 64 == 0)
            tensor.fill(Float(index))
        }
        for (index, tensor) in tensors.enumerated() {
            #expect(tensor.array() == Array(repeating: Float(index), count: tensor.count))
        }
        #expect(tensors[1].rows == 3 && tensors[1].columns == 5 && tensors[4].count == 0)
    }

    @Test("releasing to a mark gives the same memory again, and leaves what is older alone")
    func marks() {
        var arena = Arena(capacityBytes: 1 << 20)
        let kept = arena.vector(10)
        kept.fill(7)
        let mark = arena.mark
        let first = arena.vector(100)
        arena.release(to: mark)
        let second = arena.vector(50)
        #expect(first.pointer == second.pointer)
        second.fill(1)
        #expect(kept.array() == Array(repeating: 7, count: 10))
        arena.reset()
        #expect(arena.vector(1).pointer == kept.pointer)
    }

    @Test("zeros are zeros where other numbers were before")
    func zeros() {
        var arena = Arena(capacityBytes: 1 << 20)
        arena.tensor(rows: 8, columns: 8).fill(.nan)
        arena.reset()
        #expect(arena.zeros(rows: 8, columns: 8).array() == Array(repeating: 0, count: 64))
    }

    @Test("the peak is the most bytes in use at once, not their sum")
    func peak() {
        var arena = Arena(capacityBytes: 1 << 20)
        #expect(arena.peakBytes == 0)
        for _ in 0..<10 {
            arena.reset()
            _ = arena.vector(1000)
        }
        _ = arena.vector(1)
        #expect(arena.peakBytes == 4032 + 64)
    }

    @Test("views stay where they are while the arena grows over many committed pieces")
    func growth() {
        var arena = Arena(capacityBytes: 512 << 20)
        let first = arena.vector(1)
        first[0] = 42
        // Memory is committed in pieces of 64 MiB.
        let large = arena.vector(40 << 20)
        large[large.count - 1] = 1
        #expect(first[0] == 42 && large[large.count - 1] == 1 && large[0] == 0)
    }

    @Test("marks are released in the reverse order only")
    func wrongOrder() async {
        await #expect(processExitsWith: .failure) {
            var arena = Arena(capacityBytes: 1 << 20)
            let outer = arena.mark
            _ = arena.vector(1)
            let inner = arena.mark
            arena.release(to: outer)
            arena.release(to: inner)
        }
    }

    @Test("asking for more than the capacity ends the process, it does not write elsewhere")
    func capacity() async {
        await #expect(processExitsWith: .failure) {
            var arena = Arena(capacityBytes: 1 << 20)
            _ = arena.vector(1 << 20)
        }
    }
}

struct CountingArenaTests {
    @Test("a counting arena gives out extents and no memory, and counts as another would")
    func counting() {
        var arena = Arena(capacityBytes: 1 << 20)
        var counting = Arena.counting()
        func allocate(_ arena: inout Arena) -> [Device] {
            let tensor = arena.tensor(rows: 3, columns: 5)
            let mark = arena.mark
            let matrix = arena.matrix(rows: 7, columns: 11, precision: .bfloat16)
            arena.release(to: mark)
            return [tensor.device, matrix.device, arena.zeros(rows: 1, columns: 1).device]
        }
        #expect(allocate(&arena) == [.cpu, .cpu, .cpu])
        #expect(allocate(&counting) == [.counting, .counting, .counting])
        #expect(counting.peakBytes == arena.peakBytes)
        #expect(counting.peakBytes == 64 + 192)
    }

    @Test("a counting arena has no limit")
    func endless() {
        var counting = Arena.counting()
        let tensor = counting.tensor(rows: 1 << 30, columns: 1 << 20)
        tensor.fill(1)
        #expect(counting.peakBytes == 1 << 52)
    }
}

struct PreparedArenaTests {
    @Test("prepared memory is resident before it is used, and what it holds stays")
    func prepare() {
        var arena = Arena(capacityBytes: 256 << 20)
        let first = arena.vector(16)
        first.fill(7)
        arena.prepare(bytes: 100 << 20)
        #expect(first.array() == [Float](repeating: 7, count: 16))
        let before = minorFaults()
        let large = arena.vector(20 << 20)
        large.fill(1)
        // 80 MB are 20,000 pages, or 40 huge ones.
        #expect(minorFaults() - before < 10)
    }
}

/// Pages that this thread has been given so far; other tests run on others.
private func minorFaults() -> Int {
    var usage = rusage()
    let thisThread: Int32 = 1
    getrusage(__rusage_who_t(thisThread), &usage)
    return usage.ru_minflt
}
