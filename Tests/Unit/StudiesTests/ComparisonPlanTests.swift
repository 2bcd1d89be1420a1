import Pruning
import Recipe
import Testing

@testable import Studies

struct ComparisonPlanTests {
    private func plan(
        _ methods: [ComparedMethod], _ sparsities: [Double], seeds: [Int] = [1], data: [String] = [""],
        transfers: [ComparedMethod] = []
    ) -> ComparisonPlan {
        ComparisonPlan(
            methods: methods, sparsities: sparsities, seeds: seeds, data: data, transfers: transfers)
    }

    @Test("every run is listed once, after those whose masks it needs")
    func order() {
        let plan = plan(
            ComparedMethod.allCases, [0.3, 0.5], seeds: [1, 2], data: ["es", "fr"], transfers: [.parp])
        #expect(Set(plan.runs.map(\.name)).count == plan.runs.count)
        var done: Set<String> = []
        for run in plan.runs {
            if let mask = run.mask { #expect(done.contains(mask.run), "\(run.name) before \(mask.run)") }
            done.insert(run.name)
        }
        for cell in plan.cells { #expect(cell.runs.allSatisfy(done.contains)) }
    }

    @Test("OMP of all sparsities shares the dense run, and that run is the dense method's")
    func shared() {
        let plan = plan([.dense, .oneShot], [0.3, 0.5, 0.7])
        #expect(plan.runs.map(\.name) == ["dense", "omp-0.3", "omp-0.5", "omp-0.7"].map { "seed-1/" + $0 })
        #expect(plan.cells.map(\.runs.count) == [1, 2, 2, 2])
    }

    @Test("IMP of all sparsities shares its rounds: one a tenth, and a run for each sparsity")
    func rounds() {
        let plan = plan([.iterative], [0.3, 0.5, 0.7, 0.9])
        #expect(plan.runs.filter(\.isRound).count == 9)
        #expect(plan.runs.filter { !$0.isRound }.map(\.sparsity) == [0.3, 0.5, 0.7, 0.9])
        #expect(plan.cells.map(\.runs.count) == [4, 6, 8, 10])
        // A round prunes within what the round before kept.
        let masks = plan.runs.filter(\.isRound).map(\.mask)
        #expect(masks[1]?.within == nil)
        #expect(masks[2]?.within == masks[1]?.name)
    }

    @Test("a transfer takes the source's dense run; OMP from a language's own mask is OMP")
    func transfers() {
        let plan = plan([.oneShot], [0.5], data: ["es", "fr"], transfers: [.oneShot, .parp])
        let crossing = plan.cells.filter { $0.source != nil }
        #expect(crossing.count == 8)
        let own = crossing.first { $0.method == .oneShot && $0.source == "es" && $0.data == "es" }
        #expect(own?.runs == ["es/seed-1/dense", "es/seed-1/omp-0.5"])
        let foreign = crossing.first { $0.method == .parp && $0.source == "es" && $0.data == "fr" }
        #expect(foreign?.runs == ["es/seed-1/dense", "fr/seed-1/parp-0.5-from-es"])
        // Two dense, two OMP, two transfers of OMP's masks, four of PARP's.
        #expect(plan.runs.count == 10)
    }

    @Test("seeds share nothing")
    func seeds() {
        let plan = plan([.oneShot], [0.5], seeds: [1, 2])
        #expect(plan.runs.count == 4)
        #expect(plan.runs.map(\.seed) == [1, 1, 2, 2])
    }

    @Test("the first seed tries every learning rate, the others have the one that was chosen for each method")
    func rates() {
        var plan = ComparisonPlan(
            methods: [.dense, .oneShot], sparsities: [0.5], seeds: [1, 2], data: [""], rates: [1e-4, 2e-4])
        #expect(
            plan.runs.map(\.name) == [
                "seed-1/lr-0.0001/dense", "seed-1/lr-0.0002/dense", "seed-1/lr-0.0001/omp-0.5",
                "seed-1/lr-0.0002/omp-0.5",
            ])
        #expect(plan.subjects.map(\.method) == [.dense, .oneShot])
        let chosen = Dictionary(uniqueKeysWithValues: zip(plan.subjects, [1e-4, 2e-4]))
        plan.settle(rates: chosen, seeds: [2])
        // OMP of the second seed takes a dense run of its own rate, which is not the dense method's.
        #expect(
            plan.runs.dropFirst(4).map(\.name) == [
                "seed-2/lr-0.0001/dense", "seed-2/lr-0.0002/dense", "seed-2/lr-0.0002/omp-0.5",
            ])
        #expect(plan.cells.map(\.seed) == [1, 1, 2, 2])
        #expect(plan.cells.map(\.rate) == [1e-4, 2e-4, 1e-4, 2e-4])
    }

    @Test("what no rate was found for is left out")
    func unsettled() {
        var plan = ComparisonPlan(
            methods: [.parp], sparsities: [0.5, 0.7], seeds: [1, 2], data: [""], rates: [1e-4])
        plan.settle(rates: [plan.subjects[0]: 1e-4], seeds: [2])
        #expect(plan.cells.map(\.sparsity) == [0.5, 0.5])
    }

    @Test(
        "the best rate is that of the best value, whichever way is better; runs that are missing do not count"
    )
    func best() {
        let subject = plan([.parp], [0.5]).subjects[0]
        func trial(_ values: [Double?]) -> RateTrial {
            RateTrial(subject: subject, rates: [1, 2, 3], values: values)
        }
        #expect(trial([0.5, 0.7, 0.7]).best(by: .accuracy) == 2)
        #expect(trial([0.5, nil, 0.7]).best(by: .wordErrorRate) == 1)
        #expect(trial([nil, nil, nil]).best(by: .accuracy) == nil)
    }

    @Test(
        "at equal cost, methods of one run are planned twice: as long as the recipe says, and twice as long")
    func equalCost() {
        let plan = ComparisonPlan(
            methods: [.dense, .parp, .oneShot], sparsities: [0.5], seeds: [1], data: [""], hasEqualCost: true)
        #expect(
            plan.runs.map(\.name)
                == ["dense", "dense-2x", "parp-0.5", "parp-0.5-2x", "omp-0.5"].map { "seed-1/" + $0 })
        #expect(plan.runs.map(\.length) == [1, 2, 1, 2, 1])
    }
}
