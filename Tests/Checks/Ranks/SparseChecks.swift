import Collectives
import JSON
import Recipe
import Reports
import Session
import Tasks
import Tensors

/// Updates of the runs here.
private let updates = 20
/// What adding up in another order leaves of a loss after all of them, relative to it.
private let reordered = 1e-5

/// Under a held mask, products of kept weights alone train as dense ones of the masked weights do.
func checkSparseProducts(_ runner: CheckRunner, _ workplace: Workplace) throws {
    let dense = try heldRun("held-dense", sparsely: false, runner, workplace)
    let sparse = try heldRun("held-sparse", sparsely: true, runner, workplace)
    try runner.check("sparse products under a held mask have the losses of masked dense training") {
        findings in
        guard runner.session.isRoot else { return }
        let losses = try [dense, sparse].map { run in
            try events("train", in: run).compactMap { $0["loss"]?.double }
        }
        findings.expect(losses.allSatisfy { $0.count == updates }, "losses \(losses)")
        let differences = zip(losses[0], losses[1]).map { abs($1 - $0) / $0 }
        let largest = differences.max() ?? .infinity
        findings.expect(largest <= reordered, "\(largest) apart")
        findings.expect(largest > 0, "both are the same to the last bit: one of them was not sparse")
        findings.note = "\(largest) apart"
    }
}

/// Trains under the mask of the first weights' magnitudes, and says where to.
private func heldRun(
    _ name: String, sparsely: Bool, _ runner: CheckRunner, _ workplace: Workplace
) throws -> String {
    let output = workplace.run(name, ranks: runner.communicator.size)
    let recipe = try Recipe(
        path: workplace.recipe,
        overrides: [
            "schedule.updates=\(updates)", "pruning.method=mpi", "pruning.sparsity=0.8",
            "data.valid=\(workplace.oneUtterance)", "optimizer.learning_rate=1e-3",
        ])
    var run = try InspectedRun(recipe: recipe, output: output, session: runner.session)
    run.chooseSparseProducts(sparsely)
    try run.pruneIfDue()
    for _ in 0..<updates { try run.step() }
    return output
}
