import Pruning
import Testing

struct PruningMethodTests {
    /// The updates after which a mask is due, with its sparsity.
    private func masks(_ method: PruningMethod, updates: Int) -> [Int: Double] {
        var masks: [Int: Double] = [:]
        for done in 0...updates { masks[done] = method.sparsityDue(afterUpdates: done) }
        return masks
    }

    /// PARP, or PARP-P where it starts lower, with a mask every `interval` updates.
    private func parp(
        _ sparsity: Double, from start: Double? = nil, interval: Int, updates: Int
    ) -> PruningMethod {
        parp(
            sparsity, from: start, masksAfter: PruningMethod.masks(every: interval, updates: updates),
            updates: updates)
    }

    private func parp(
        _ sparsity: Double, from start: Double? = nil, masksAfter: [Int], updates: Int
    ) -> PruningMethod {
        let method = start == nil ? ComparedMethod.parp : .progressive
        return PruningMethod(
            name: method.rawValue, sparsity: sparsity, startSparsity: start ?? sparsity, axes: method.axes,
            masksAfter: masksAfter, updates: updates)
    }

    @Test("dense never prunes")
    func dense() {
        #expect(masks(PruningMethod.dense, updates: 100).isEmpty)
        #expect(PruningMethod.dense.sparsity(afterUpdates: 7) == 0 && PruningMethod.dense.name == "dense")
    }

    @Test("PARP prunes at the start, every interval and at the end, always to its sparsity")
    func parp() {
        let method = parp(0.5, interval: 5, updates: 12)
        #expect(masks(method, updates: 12) == [0: 0.5, 5: 0.5, 10: 0.5, 12: 0.5])
        // What is evaluated between two masks has the sparsity, too.
        #expect((0...12).allSatisfy { method.sparsity(afterUpdates: $0) == 0.5 })
    }

    @Test("where the end is a multiple of the interval there is one mask, not two")
    func endOnInterval() {
        let method = parp(0.3, interval: 5, updates: 10)
        #expect(masks(method, updates: 10) == [0: 0.3, 5: 0.3, 10: 0.3])
    }

    @Test("without an interval, or with one longer than the run, the start and the end remain")
    func startAndEnd() {
        for interval in [0, 11, 1000] {
            let method = parp(0.3, interval: interval, updates: 10)
            #expect(masks(method, updates: 10) == [0: 0.3, 10: 0.3], "\(interval)")
        }
    }

    @Test("a sparsity of 0 never prunes: that is the dense method")
    func zero() {
        #expect(masks(parp(0, interval: 3, updates: 10), updates: 10).isEmpty)
    }

    @Test("PARP-P rises in equal steps from its start, and ends at exactly its sparsity")
    func ramp() {
        let method = parp(0.75, from: 0.25, interval: 5, updates: 20)
        #expect(masks(method, updates: 20) == [0: 0.25, 5: 0.375, 10: 0.5, 15: 0.625, 20: 0.75])
        #expect(method.sparsity(afterUpdates: 9) == 0.375)
    }

    @Test("the ramp never falls, never passes its sparsity and reaches it, for any interval")
    func clamped() {
        for (start, end) in [(0.0, 1.0), (0.1, 0.8), (0.3, 0.7), (0.25, 0.250_001), (0.9, 0.95)] {
            for updates in [1, 7, 20, 97] {
                for interval in [0, 1, 2, 3, 6, 7, 13, 50, 96, 97, 98] {
                    let method = parp(end, from: start, interval: interval, updates: updates)
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
            let method = parp(0.7, from: 0.3, interval: interval, updates: 10)
            #expect(masks(method, updates: 10) == [0: 0.3, 10: 0.7], "\(interval)")
        }
    }

    @Test("a run that continues past its end stays at the final sparsity")
    func behindTheEnd() {
        let method = parp(0.7, from: 0.3, interval: 4, updates: 10)
        #expect(method.sparsityDue(afterUpdates: 11) == 0.7)
        #expect(method.sparsity(afterUpdates: 1000) == 0.7)
    }

    @Test("PARP with a start above its sparsity is PARP")
    func startAbove() {
        let method = parp(0.5, from: 0.9, interval: 5, updates: 10)
        #expect(method.sparsity(afterUpdates: 0) == 0.5)
    }

    @Test("a fixed mask is due before the first update and never again, and is held; PARP's is not")
    func fixedMask() {
        func fixed(_ sparsity: Double) -> PruningMethod {
            PruningMethod(
                name: "mpi", sparsity: sparsity, axes: ComparedMethod.magnitudeAtInitialization.axes,
                masksAfter: [3, 7], updates: 100)
        }
        #expect(masks(fixed(0.4), updates: 100) == [0: 0.4] && masks(fixed(0), updates: 10).isEmpty)
        #expect(fixed(0.4).sparsity(afterUpdates: 50) == 0.4)
        #expect(fixed(0.4).isHeld(afterUpdates: 0) && fixed(0.4).isFixed(afterUpdates: 0))
        let free = parp(0.4, interval: 5, updates: 10)
        #expect((0...10).allSatisfy { !free.isHeld(afterUpdates: $0) })
    }

    @Test("a cubic schedule stays at its start until it begins, ends where it ends, and is then fixed")
    func cubic() {
        var axes = ComparedMethod.gradual.axes
        axes.begin = 0.2
        let method = PruningMethod(
            name: "gmp", sparsity: 0.8, axes: axes,
            masksAfter: PruningMethod.masks(every: 5, updates: 50), updates: 50)
        // Of masks after update 10, to 35: five steps of 1 − (1 − t)³.
        let expected = [
            15: 0.8 * (1 - 0.512), 20: 0.8 * (1 - 0.216), 25: 0.8 * (1 - 0.064), 30: 0.8 * (1 - 0.008),
        ]
        let found = masks(method, updates: 50)
        #expect(found.keys.sorted() == [15, 20, 25, 30, 35])
        for (update, sparsity) in expected { #expect(abs((found[update] ?? 0) - sparsity) < 1e-12) }
        #expect(found[35] == 0.8 && method.sparsity(afterUpdates: 34) < 0.8)
        #expect(!method.isFixed(afterUpdates: 34) && method.isFixed(afterUpdates: 35))
        #expect(method.isHeld(afterUpdates: 35) && !method.isHeld(afterUpdates: 34))
    }

    @Test("where no planned mask falls on it, the mask is fixed by one of its own")
    func hold() {
        var axes = PruningAxes()
        axes.holdFrom = 0.5
        let method = PruningMethod(
            name: "parp", sparsity: 0.5, axes: axes, masksAfter: [4, 8, 12, 16], updates: 20)
        #expect(masks(method, updates: 20) == [0: 0.5, 4: 0.5, 8: 0.5, 10: 0.5])
    }

    @Test("movement is dense for a tenth of the run, and moves its masks to the end")
    func movement() {
        let method = PruningMethod(
            name: "movement", sparsity: 0.5, axes: ComparedMethod.movement.axes,
            masksAfter: PruningMethod.masks(every: 10, updates: 100), updates: 100)
        let found = masks(method, updates: 100)
        #expect(found.keys.sorted() == [20, 30, 40, 50, 60, 70, 80, 90, 100])
        #expect(found[80] == 0.5 && found[100] == 0.5 && found[70] ?? 1 < 0.5)
        #expect((1...100).allSatisfy(method.takesAllGradients))
    }

    @Test("RigL's share falls from α to 0 by a cosine until the mask is fixed")
    func regrowth() {
        let method = PruningMethod(
            name: "rigl", sparsity: 0.5, axes: ComparedMethod.rigL.axes,
            masksAfter: PruningMethod.masks(every: 10, updates: 100), updates: 100)
        #expect(masks(method, updates: 100).keys.sorted() == [0, 10, 20, 30, 40, 50, 60, 70, 75])
        #expect(abs(method.regrownShare(afterUpdates: 0) - 0.3) < 1e-12)
        #expect(abs(method.regrownShare(afterUpdates: 25) - 0.225) < 1e-12)
        #expect(method.regrownShare(afterUpdates: 75) == 0 && method.regrownShare(afterUpdates: 90) == 0)
        // Gradients of pruned weights are summed where they are to be ranked, and nowhere else.
        #expect((1...100).filter(method.takesAllGradients) == [10, 20, 30, 40, 50, 60, 70, 75])
    }

    @Test(
        "masks at the uneven ends of epochs come there and at the run's end, and ramp by number, not by update"
    )
    func epochEnds() {
        let method = parp(0.5, masksAfter: [3, 7, 8, 15], updates: 12)
        #expect(masks(method, updates: 12) == [0: 0.5, 3: 0.5, 7: 0.5, 8: 0.5, 12: 0.5])
        let ramp = parp(0.5, from: 0.125, masksAfter: [3, 7, 8], updates: 12)
        #expect(masks(ramp, updates: 12) == [0: 0.125, 3: 0.25, 7: 0.375, 8: 0.5, 12: 0.5])
    }
}
