internal import Collectives
internal import Foundation
internal import JSON
internal import Recipe
internal import Reports
internal import Session
internal import Tasks
internal import Training

/// Updates of the runs here.
private let updates = 4

/// Runs that must end in the same files, bit for bit.
func checkMethods(_ runner: CheckRunner, _ workplace: Workplace) throws {
    let short = [
        "schedule.updates=\(updates)", "checkpoint.every_updates=\(updates)", "pruning.interval=2",
        "data.valid=\(workplace.oneUtterance)",
    ]
    let dense = try train("dense", short + ["pruning.method=dense"], runner, workplace)
    let unpruned = try train(
        "unpruned", short + ["pruning.method=parp", "pruning.sparsity=0.0", "pruning.interval=0"], runner,
        workplace)
    let pruned = try train("pruned", short, runner, workplace)
    let watched = try train("watched", short + ["evaluation.every_updates=1"], runner, workplace)
    try runner.check("dense is PARP without a re-prune at sparsity 0: same weights, same moments") {
        findings in
        try expectSameFiles(dense, unpruned, runner, &findings)
    }
    try runner.check("evaluating after every update changes nothing of a run") { findings in
        try expectSameFiles(pruned, watched, runner, &findings)
        guard runner.session.isRoot else { return }
        let evaluations = [try events("eval", in: pruned).count, try events("eval", in: watched).count]
        findings.expect(evaluations == [1, updates], "evaluations: \(evaluations)")
    }
    try runner.check("PARP at sparsity 0.5 is not dense") { findings in
        guard runner.session.isRoot else { return }
        let files = try [dense, pruned].map { try contents($0 + "/final/model.safetensors") }
        findings.expect(files[0] != files[1], "the models are the same")
    }
}

/// Runs `parp train` with changes of the recipe, and says where to.
func train(
    _ name: String, _ overrides: [String], _ runner: CheckRunner, _ workplace: Workplace
) throws -> String {
    let output = workplace.run(name, ranks: runner.communicator.size)
    try runTraining(
        TrainOptions(recipe: workplace.recipe, overrides: overrides, output: output), session: runner.session)
    return output
}

private func expectSameFiles(
    _ first: String, _ second: String, _ runner: CheckRunner, _ findings: inout Findings
) throws {
    guard runner.session.isRoot else { return }
    // Weights, both moments and the masks.
    for file in ["/final/model.safetensors", "/checkpoints/step-\(updates)/state.safetensors"] {
        let isSame = try contents(first + file) == contents(second + file)
        findings.expect(isSame, "\(file) differs")
    }
    let losses = try [first, second].map { try events("train", in: $0).compactMap { $0["loss"]?.double } }
    findings.expect(losses[0].count == updates && losses[0] == losses[1], "losses \(losses)")
}

private func contents(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }
