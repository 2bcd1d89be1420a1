import Pruning
import Testing

struct PruningMethodTests {
    /// The updates after which a mask is due, with its sparsity.
    private func masks(_ method: any PruningMethod, updates: Int) -> [Int: Double] {
        var masks: [Int: Double] = [:]
        for done in 0...updates { masks[done] = method.sparsityDue(afterUpdates: done) }
        return masks
    }

    @Test("dense never prunes")
    func dense() {
        #expect(masks(DenseMethod(), updates: 100).isEmpty)
        #expect(DenseMethod().sparsity(afterUpdates: 7) == 0 && DenseMethod().name == "dense")
    }

    @Test("PARP prunes at the start, every interval and at the end, always to its sparsity")
    func parp() {
        let method = PARPMethod(sparsity: 0.5, interval: 5, updates: 12)
        #expect(masks(method, updates: 12) == [0: 0.5, 5: 0.5, 10: 0.5, 12: 0.5])
        #expect(method.name == "parp")
        // What is evaluated between two masks has the sparsity, too.
        #expect((0...12).allSatisfy { method.sparsity(afterUpdates: $0) == 0.5 })
    }

    @Test("where the end is a multiple of the interval there is one mask, not two")
    func endOnInterval() {
        let method = PARPMethod(sparsity: 0.3, interval: 5, updates: 10)
        #expect(masks(method, updates: 10) == [0: 0.3, 5: 0.3, 10: 0.3])
    }

    @Test("without an interval, or with one longer than the run, the start and the end remain")
    func startAndEnd() {
        for interval in [0, 11, 1000] {
            let method = PARPMethod(sparsity: 0.3, interval: interval, updates: 10)
            #expect(masks(method, updates: 10) == [0: 0.3, 10: 0.3], "\(interval)")
        }
    }

    @Test("a sparsity of 0 never prunes: that is the dense method")
    func zero() {
        #expect(masks(PARPMethod(sparsity: 0, interval: 3, updates: 10), updates: 10).isEmpty)
    }

    @Test("PARP-P rises in equal steps from its start, and ends at exactly its sparsity")
    func ramp() {
        let method = PARPMethod(sparsity: 0.75, startSparsity: 0.25, interval: 5, updates: 20)
        #expect(masks(method, updates: 20) == [0: 0.25, 5: 0.375, 10: 0.5, 15: 0.625, 20: 0.75])
        #expect(method.name == "parp-p")
        #expect(method.sparsity(afterUpdates: 9) == 0.375)
    }

    @Test("the ramp never falls, never passes its sparsity and reaches it, for any interval")
    func clamped() {
        for (start, end) in [(0.0, 1.0), (0.1, 0.8), (0.3, 0.7), (0.25, 0.250_001), (0.9, 0.95)] {
            for updates in [1, 7, 20, 97] {
                for interval in [0, 1, 2, 3, 6, 7, 13, 50, 96, 97, 98] {
                    let method = PARPMethod(
                        sparsity: end, startSparsity: start, interval: interval, updates: updates)
                    let ramp = (0...updates).map(method.sparsity)
                    let rises = zip(ramp, ramp.dropFirst()).allSatisfy { $0 <= $1 }
                    #expect(rises && ramp[0] == start && ramp[updates] == end)
                    let reached = updates / max(1, interval) * interval
                    #expect(interval < 1 || interval > updates || ramp[reached] == end)
                    #expect(method.sparsityDue(afterUpdates: updates) == end)
                }
            }
        }
    }

    @Test("PARP-P without an interval, or with one longer than the run, starts low and ends high")
    func rampWithoutSteps() {
        for interval in [0, 11] {
            let method = PARPMethod(sparsity: 0.7, startSparsity: 0.3, interval: interval, updates: 10)
            #expect(masks(method, updates: 10) == [0: 0.3, 10: 0.7], "\(interval)")
        }
    }

    @Test("a run that goes on behind its end stays at the final sparsity")
    func behindTheEnd() {
        let method = PARPMethod(sparsity: 0.7, startSparsity: 0.3, interval: 4, updates: 10)
        #expect(method.sparsityDue(afterUpdates: 11) == 0.7)
        #expect(method.sparsity(afterUpdates: 1000) == 0.7)
    }

    @Test("PARP with a start above its sparsity is PARP")
    func startAbove() {
        let method = PARPMethod(sparsity: 0.5, startSparsity: 0.9, interval: 5, updates: 10)
        #expect(method.name == "parp" && method.sparsity(afterUpdates: 0) == 0.5)
    }

    @Test("a fixed mask is due before the first update and never again, and is held; PARP's is not")
    func fixedMask() {
        let method = FixedMaskMethod(name: "mpi", sparsity: 0.4)
        #expect(masks(method, updates: 100) == [0: 0.4])
        #expect(method.sparsity(afterUpdates: 50) == 0.4 && method.hold == .fixed && method.name == "mpi")
        #expect(masks(FixedMaskMethod(name: "rp", sparsity: 0), updates: 10).isEmpty)
        #expect(PARPMethod(sparsity: 0.4, interval: 5, updates: 10).hold == .free)
        #expect(DenseMethod().hold == .free)
    }

    @Test(
        "masks at the uneven ends of epochs come there and at the run's end, and ramp by number, not by update"
    )
    func epochEnds() {
        let method = PARPMethod(sparsity: 0.5, masksAfter: [3, 7, 8, 15], updates: 12)
        #expect(masks(method, updates: 12) == [0: 0.5, 3: 0.5, 7: 0.5, 8: 0.5, 12: 0.5])
        let ramp = PARPMethod(sparsity: 0.5, startSparsity: 0.125, masksAfter: [3, 7, 8], updates: 12)
        #expect(masks(ramp, updates: 12) == [0: 0.125, 3: 0.25, 7: 0.375, 8: 0.5, 12: 0.5])
    }
}
