import Collectives
import JSON
import Recipe
import Reports
import Session
import Tasks
import Tensors

/// Updates of the runs here.
private let updates = 20
/// The methods whose forward uses only kept weights, with held and with moving masks, and all ways of selecting them.
private let methods = ["mpi", "parp-m", "gmp", "movement", "rigl", "s3-router"]
/// What adding up in another order leaves of a loss after all of them, relative to it.
private let reordered = 1e-5

/// Products of kept weights alone train as dense ones of the masked weights do, whether the mask is held or moves.
func checkSparseProducts(_ runner: CheckRunner, _ workplace: Workplace) throws {
    for method in methods { try checkSparseProducts(method, runner, workplace) }
}

private func checkSparseProducts(
    _ method: String, _ runner: CheckRunner, _ workplace: Workplace
) throws {
    let dense = try maskedRun(method, sparsely: false, runner, workplace)
    let sparse = try maskedRun(method, sparsely: true, runner, workplace)
    try runner.check("\(method): sparse products have the losses of masked dense training") { findings in
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

/// Trains with a method, and says where to.
private func maskedRun(
    _ method: String, sparsely: Bool, _ runner: CheckRunner, _ workplace: Workplace
) throws -> String {
    let output = workplace.run(
        method + (sparsely ? "-sparse" : "-dense"), ranks: runner.communicator.size)
    let recipe = try Recipe(
        path: workplace.recipe,
        overrides: [
            "schedule.updates=\(updates)", "pruning.method=\(method)", "pruning.sparsity=0.8",
            "pruning.interval=4",
            "data.valid=\(workplace.oneUtterance)", "optimizer.learning_rate=1e-3",
        ])
    var run = try InspectedRun(recipe: recipe, output: output, session: runner.session)
    run.chooseSparseProducts(sparsely)
    try run.pruneIfDue()
    for _ in 0..<updates {
        try run.step()
        try run.pruneIfDue()
    }
    return output
}
