internal import Checkpoints
internal import Collectives
internal import Foundation
internal import JSON
internal import Pruning
internal import Recipe
internal import Reports
internal import Session
internal import Tasks
internal import Tensors
internal import Training

/// Evaluation between two re-prunes, when the pruned weights have moved.
func checkEvaluation(_ runner: CheckRunner, _ workplace: Workplace) throws {
    let output = workplace.run("evaluated", ranks: runner.communicator.size)
    var run = try InspectedRun(
        recipe: Recipe(path: workplace.recipe), output: output, session: runner.session)
    try run.pruneIfDue()
    for _ in 1...3 { try run.step() }
    let moved = run.pool.count - zeros(run.values, run.pool)
    // What evaluation is to see.
    let fresh = FlatBuffer(count: run.values.count)
    fresh.all.copy(from: run.values)
    let mask = try magnitudeMask(values: run.values, pool: run.pool, sparsity: 0.5).mask
    mask.apply(to: fresh.all, pool: run.pool)
    let before = [run.values.array(), run.firstMoment, run.secondMoment]
    try run.evaluate()
    try runner.check("evaluation leaves the weights in training and Adam's moments as they were") {
        findings in
        findings.expect(moved > run.pool.count * 9 / 10, "too few weights had moved: \(moved)")
        let after = [run.values.array(), run.firstMoment, run.secondMoment]
        let changed = zip(after, before).reduce(0) { $0 + differingBits($1.0, $1.1) }
        findings.expect(changed == 0, "\(changed) elements changed")
        let hashes = Set(try runner.communicator.allGather([contentHash(run.values)]).map { $0[0] })
        findings.expect(hashes.count == 1, "the ranks' weights differ")
    }
    try runner.check("the best model is the weights in training, freshly pruned") { findings in
        guard runner.session.isRoot else { return }
        let file = try SafetensorsFile(path: output + "/best/model.safetensors")
        for member in run.pool.members {
            let found = try file.floats(member.slot.name)
            let changed = differingBits(fresh[member.slot.range], found)
            findings.expect(changed == 0, "\(changed) of \(member.slot.name) differ")
        }
        let found = zeros(fresh.all, run.pool)
        findings.expect(found == prunedCount(sparsity: 0.5, poolSize: run.pool.count), "\(found) zeros")
    }
    try checkBest(runner, workplace, evaluated: output)
}

/// The loss of the evaluation is that of the model that it kept, so it saw pruned weights.
private func checkBest(_ runner: CheckRunner, _ workplace: Workplace, evaluated: String) throws {
    let output = workplace.run("best", ranks: runner.communicator.size)
    let recipe = try Recipe(
        path: workplace.recipe, overrides: ["model.path=\(evaluated)/best", "pruning.method=dense"])
    var run = try InspectedRun(recipe: recipe, output: output, session: runner.session)
    try run.evaluate()
    try runner.check("an evaluation's loss is that of the pruned model") { findings in
        guard runner.session.isRoot else { return }
        let losses = try [evaluated, output].map {
            try events("eval", in: $0).compactMap { $0["loss"]?.double }
        }
        findings.expect(losses[0].count == 1 && losses[0] == losses[1], "losses \(losses)")
        let sparsity = try events("eval", in: evaluated).compactMap { $0["sparsity"]?.double }
        findings.expect(sparsity == [0.5], "sparsity \(sparsity)")
    }
}

/// The exact zeros of a pool.
func zeros(_ values: Tensor, _ pool: PrunablePool) -> Int {
    pool.members.reduce(0) { total, member in
        total + values.elements(member.slot.range).buffer.reduce(0) { $0 + ($1 == 0 ? 1 : 0) }
    }
}
