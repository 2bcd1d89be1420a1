import Pruning
import Testing

struct ComparedMethodTests {
    @Test("PARP re-prunes magnitudes of weights that all move, and PARP-P raises the sparsity in equal steps")
    func parp() {
        #expect(ComparedMethod.parp.axes == PruningAxes())
        var progressive = PruningAxes()
        progressive.schedule = .linear
        #expect(ComparedMethod.progressive.axes == progressive)
    }

    @Test("MPI, OMP, IMP and RP hold their first mask to the end")
    func fixed() {
        for method in ComparedMethod.allCases {
            let isFixed = [.magnitudeAtInitialization, .oneShot, .iterative, .random].contains(method)
            #expect(method.hasOneMask == isFixed, "\(method.rawValue)")
            if isFixed { #expect(method.axes.forward == .held && method.axes.score == .magnitude) }
        }
    }

    @Test("gradual pruning rises as a cubic, masks weights without updates, and keeps its last mask")
    func gradual() {
        let axes = ComparedMethod.gradual.axes
        #expect(axes.schedule == .cubic && axes.score == .magnitude && axes.forward == .frozen)
        #expect(axes.begin == 0 && axes.end == 0.7 && axes.holdFrom == axes.end)
    }

    @Test("movement pruning ranks movement, on a cubic with a dense start and an end that does not rise")
    func movement() {
        let axes = ComparedMethod.movement.axes
        #expect(axes.schedule == .cubic && axes.score == .movement && axes.forward == .frozen)
        #expect(axes.begin == 0.1 && axes.end == 0.8 && axes.holdFrom == 1)
    }

    @Test("RigL replaces three tenths at first, none after three quarters of the run, at one sparsity")
    func rigL() {
        let axes = ComparedMethod.rigL.axes
        #expect(axes.schedule == .constant && axes.score == .gradient && axes.forward == .held)
        #expect(axes.regrowth == 0.3 && axes.holdFrom == 0.75)
    }

    @Test("S³-Router learns scores on fixed weights")
    func router() {
        let axes = ComparedMethod.router.axes
        #expect(axes.schedule == .constant && axes.score == .learned && axes.forward == .frozen)
        #expect(!axes.trainsWeights && axes.holdFrom == 1)
        #expect(ComparedMethod.allCases.filter { !$0.axes.trainsWeights } == [.router])
    }

    @Test("PARP-M is gradual pruning whose pruned weights keep learning")
    func parpMasked() {
        var axes = ComparedMethod.gradual.axes
        axes.forward = .masked
        #expect(ComparedMethod.parpMasked.axes == axes)
    }

    @Test("every method is a sound combination, and unsound ones are told apart with the fix")
    func soundness() {
        for method in ComparedMethod.allCases { #expect(method.axes.faults.isEmpty, "\(method.rawValue)") }
        func faults(_ change: (inout PruningAxes) -> Void) -> [String] {
            var axes = PruningAxes()
            change(&axes)
            return axes.faults
        }
        #expect(faults { $0.score = .gradient }.first?.contains("forward = \"held\"") == true)
        #expect(faults { $0.score = .learned }.count == 1)
        #expect(faults { ($0.score, $0.forward) = (.learned, .held) }.count == 1)
        #expect(faults { ($0.score, $0.forward) = (.learned, .masked) }.isEmpty)
        #expect(faults { $0.trainsWeights = false }.first?.contains("score = \"learned\"") == true)
        #expect(faults { ($0.begin, $0.end) = (0.5, 0.4) }.count == 1)
        #expect(faults { ($0.schedule, $0.holdFrom) = (.cubic, 0.5) }.first?.contains("hold_from") == true)
        #expect(faults { ($0.score, $0.forward) = (.movement, .masked) }.isEmpty)
    }
}
