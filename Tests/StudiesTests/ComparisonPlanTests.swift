import Pruning
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

    @Test("every run stands once, behind those whose masks it needs")
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
}
