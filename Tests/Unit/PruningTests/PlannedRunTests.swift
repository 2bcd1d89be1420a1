import Pruning
import Testing

struct PlannedRunTests {
    private let dense = PlannedRun(training: .dense, mask: .none, sparsity: 0)

    @Test("every method but OMP and IMP is one run; OMP is two, IMP one more than its rounds")
    func counts() {
        for method in ComparedMethod.allCases {
            let expected = method == .oneShot ? 2 : method == .iterative ? 6 : 1
            #expect(method.runs(sparsity: 0.5).count == expected, "\(method.rawValue)")
            #expect(method.runs(sparsity: 0) == [dense], "\(method.rawValue)")
        }
    }

    @Test("the last run of a method has its sparsity and is whole")
    func last() {
        for method in ComparedMethod.allCases where method != .dense {
            for sparsity in [0.05, 0.1, 0.3, 0.5, 0.75, 0.9, 1] {
                let last = method.runs(sparsity: sparsity).last
                #expect(last?.sparsity == sparsity && last?.length == .whole && last?.training != .dense)
            }
        }
    }

    @Test("OMP prunes what the dense run ended with, and that run is the dense method's")
    func oneShot() {
        let runs = ComparedMethod.oneShot.runs(sparsity: 0.3)
        #expect(runs[0] == ComparedMethod.dense.runs(sparsity: 0.3)[0])
        #expect(runs[1] == PlannedRun(training: .fixedMask, mask: .afterRun(0), sparsity: 0.3))
    }

    @Test("IMP's rounds hold nothing, a tenth, two tenths and so on, each the mask of the round before")
    func iterative() {
        let runs = ComparedMethod.iterative.runs(sparsity: 0.3)
        #expect(runs.map(\.sparsity) == [0, 0.1, 0.2, 0.3])
        #expect(runs.map(\.mask) == [.none, .afterRun(0), .afterRun(1), .afterRun(2)])
        #expect(runs.map(\.length) == [.round, .round, .round, .whole])
        #expect(runs.map(\.training) == [.dense, .fixedMask, .fixedMask, .fixedMask])
    }

    @Test("a sparsity between tenths ends with a shorter step, and rounding makes no round")
    func uneven() {
        #expect(ComparedMethod.iterative.runs(sparsity: 0.25).map(\.sparsity) == [0, 0.1, 0.2, 0.25])
        for tenths in 1...10 {
            #expect(ComparedMethod.iterative.runs(sparsity: Double(tenths) / 10).count == tenths + 1)
        }
    }

    @Test("rounds are shared: those of a lower sparsity begin those of a higher")
    func shared() {
        let (low, high) = (0.3, 0.7)
        let rounds = ComparedMethod.iterative.runs(sparsity: low).dropLast()
        #expect(ComparedMethod.iterative.runs(sparsity: high).starts(with: rounds))
    }
}
