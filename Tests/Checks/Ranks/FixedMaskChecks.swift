import Checkpoints
import Collectives
import Foundation
import JSON
import MaskFiles
import Pruning
import Recipe
import Session
import Tasks
import Tensors
import Training

/// Updates of the runs here.
private let updates = 5

/// Methods that keep one mask: what is pruned stays exactly zero, on every rank.
func checkFixedMasks(_ runner: CheckRunner, _ workplace: Workplace) throws {
    try checkHeldMask(runner, workplace)
    try checkMaskSources(runner, workplace)
    try checkResumed(runner, workplace)
    try checkSchedule(runner, workplace)
}

/// What a held mask leaves of weights that had a history of gradients before.
private func checkHeldMask(_ runner: CheckRunner, _ workplace: Workplace) throws {
    let recipe = try Recipe(
        path: workplace.recipe, overrides: ["schedule.updates=\(2 * updates)", "pruning.method=mpi"])
    var run = try InspectedRun(
        recipe: recipe, output: workplace.run("held", ranks: runner.communicator.size),
        session: runner.session)
    for _ in 0..<updates { try run.step() }
    let history = prunedCounts(run, .allKept(count: run.pool.count), moved: nil)
    try run.prune(to: 0.5)
    let mask = run.mask
    var counts: [PrunedCounts] = []
    for _ in 0..<updates {
        let before = run.values.array()
        try run.step()
        counts.append(prunedCounts(run, mask, moved: before))
    }
    let hashes = [
        mask.hash, contentHash(run.values), bitHash(run.firstMoment), bitHash(run.secondMoment),
    ]
    try runner.check("a held mask keeps weights with a history exactly 0: gradient, moments and value") {
        findings in
        let pruned = prunedCount(sparsity: 0.5, poolSize: mask.count)
        findings.expect(history.moments > mask.count / 2, "only \(history.moments) had moments before")
        for (update, count) in counts.enumerated() {
            findings.expect(count.pruned == pruned, "\(count.pruned) pruned, not \(pruned)")
            findings.expect(
                count.values == 0 && count.gradients == 0 && count.moments == 0,
                "update \(update): \(count.values) values, \(count.gradients) gradients, \(count.moments) moments"
            )
        }
        findings.note = "\(pruned) of \(mask.count)"
    }
    let (momentCount, parameterCount) = (run.momentCount, run.values.count)
    try runner.check("under a held mask pruned weights have no moments at all") { findings in
        let expected = parameterCount - mask.prunedCount
        findings.expect(momentCount == expected, "\(momentCount) moments, not \(expected)")
    }
    try runner.check("what a held mask keeps goes on training") { findings in
        let kept = mask.keptCount
        let moved = counts.map(\.keptMoved).min() ?? 0
        // Layer drop leaves a block without a gradient for an update, Adam's momentum moves it all the same.
        findings.expect(moved > kept * 9 / 10, "\(moved) of \(kept) moved")
    }
    try runner.check("with a held mask all ranks hold the same mask, weights and moments") { findings in
        let all = try runner.communicator.allGather(hashes)
        findings.expect(Set(all).count == 1, "hashes differ")
    }
}

/// A hash of numbers' bits.
private func bitHash(_ numbers: [Float]) -> UInt64 {
    var hash = ContentHash()
    hash.combine(numbers.map { UInt64($0.bitPattern) })
    return hash.value
}

/// Elements of a run's replica that are not zero where the mask prunes.
private struct PrunedCounts {
    var pruned = 0
    var values = 0
    var gradients = 0
    var moments = 0
    /// Kept weights that changed.
    var keptMoved = 0
}

/// Counts over the pool; for a mask that keeps all, moments of kept weights.
private func prunedCounts(
    _ run: borrowing InspectedRun, _ mask: PruningMask, moved before: [Float]?
) -> PrunedCounts {
    var counts = PrunedCounts()
    let (values, gradients) = (run.values, run.gradients)
    let (first, second) = (run.firstMoment, run.secondMoment)
    for member in run.pool.members {
        for (place, index) in zip(member.range, member.slot.range) {
            if mask[place] {
                guard let before else {
                    if first[index] != 0 && second[index] != 0 { counts.moments += 1 }
                    continue
                }
                if values[index] != before[index] { counts.keptMoved += 1 }
                continue
            }
            counts.pruned += 1
            if values[index] != 0 { counts.values += 1 }
            if gradients[index] != 0 { counts.gradients += 1 }
            if first[index] != 0 || second[index] != 0 { counts.moments += 1 }
        }
    }
    return counts
}

/// Where first masks come from.
private func checkMaskSources(_ runner: CheckRunner, _ workplace: Workplace) throws {
    let short = [
        "schedule.updates=\(updates)", "checkpoint.every_updates=\(updates)", "pruning.sparsity=0.4",
        "data.valid=\(workplace.oneUtterance)",
    ]
    let magnitude = try train("mpi", short + ["pruning.method=mpi"], runner, workplace)
    let file = magnitude + "/masks/step-0.safetensors"
    let oneShot = try train(
        "omp", short + ["pruning.method=omp", "pruning.initial_mask=\(file)"], runner, workplace)
    let random = try train("rp", short + ["pruning.method=rp"], runner, workplace)
    let randomModel = try train(
        "rp-model", short + ["pruning.method=rp", "pruning.initial_mask=random_model"], runner, workplace)
    let adjusted = try train(
        "parp-file", short + ["pruning.initial_mask=\(file)", "pruning.interval=2"], runner, workplace)
    let plain = try train("parp-plain", short + ["pruning.interval=2"], runner, workplace)
    try runner.check("a run on a file's mask is the run that wrote it, bit for bit, held or adjusted") {
        findings in
        guard runner.session.isRoot else { return }
        for (left, right) in [(magnitude, oneShot), (adjusted, plain)] {
            let isSame = try contents(left) == contents(right)
            findings.expect(isSame, "\(left) and \(right) differ")
        }
        findings.expect(try contents(magnitude) != contents(plain), "held and adjusted are the same")
    }
    try runner.check("the final model of every method of one mask is exactly as sparse as its mask") {
        findings in
        guard runner.session.isRoot else { return }
        var sparsities: Set<Int> = []
        for run in [magnitude, oneShot, random, randomModel] {
            let events = try events("prune", in: run)
            findings.expect(events.count == 1 && events[0]["step"]?.integer == 0, "\(events.count) masks")
            let counted = try zeros(ofModel: run + "/final", under: run + "/masks/step-0.safetensors")
            let pruned = events.first?["pruned"]?.integer ?? -1
            findings.expect(counted.pruned == pruned, "\(run): \(counted.pruned) of \(pruned) are zero")
            // Softmax does not see a bias that all keys share: its gradient is what rounding leaves, which may be nothing,
            // and such a bias of a fresh model stays at its initial zero.
            let strange = counted.kept.filter { $0.key.kind != .key || !$0.key.isBias }
            findings.expect(strange.isEmpty, "\(run): kept weights are zero: \(strange)")
            sparsities.insert(pruned)
        }
        findings.expect(sparsities.count == 1, "sparsities differ: \(sparsities)")
        let masks = try Set(
            [magnitude, random, randomModel].map { try events("prune", in: $0)[0]["mask_hash"]?.string })
        findings.expect(masks.count == 3, "masks of different sources are the same")
    }
}

/// A run that holds a mask and was stopped after its second update.
private func checkResumed(_ runner: CheckRunner, _ workplace: Workplace) throws {
    let overrides = [
        "schedule.updates=\(updates)", "checkpoint.every_updates=2", "pruning.method=mpi",
        "data.valid=\(workplace.oneUtterance)",
    ]
    let whole = try train("held-whole", overrides, runner, workplace)
    let stopped = workplace.run("held-stopped", ranks: runner.communicator.size)
    try runner.session.together {
        guard runner.session.isRoot else { return }
        let files = FileManager.default
        try files.copyItem(atPath: whole, toPath: stopped)
        for name in ["checkpoints/step-4", "checkpoints/step-\(updates)", "final", "best"] {
            try files.removeItem(atPath: stopped + "/" + name)
        }
    }
    try runTraining(
        TrainOptions(recipe: workplace.recipe, overrides: overrides, output: stopped, resume: true),
        session: runner.session)
    try runner.check("a run that holds a mask, stopped and resumed, is the one that was not, bit for bit") {
        findings in
        guard runner.session.isRoot else { return }
        findings.expect(try contents(whole) == contents(stopped), "weights, moments or masks differ")
        let resumptions = try events("resume", in: stopped).compactMap { $0["step"]?.integer }
        findings.expect(resumptions == [2], "not resumed at update 2, but \(resumptions)")
        findings.expect(
            try events("train", in: stopped).count == updates, "updates are missing or stated twice")
    }
}

/// When masks are selected, and what is ranked together.
private func checkSchedule(_ runner: CheckRunner, _ workplace: Workplace) throws {
    let run = try train(
        "epochs",
        [
            "schedule.updates=12", "pruning.interval=1", "pruning.interval_unit=epochs",
            "pruning.scope=layer",
            "pruning.method=parp-p", "pruning.start_sparsity=0.1", "pruning.sparsity=0.5",
            "data.valid=\(workplace.oneUtterance)",
        ], runner, workplace)
    try runner.check("PARP-P by epochs rises in equal steps with each epoch's end and ends at its sparsity") {
        findings in
        guard runner.session.isRoot else { return }
        let targets = try events("prune", in: run).compactMap { $0["sparsity_target"]?.double }
        let rises = zip(targets, targets.dropFirst()).map { $1 - $0 }
        findings.expect(targets.first == 0.1 && targets.last == 0.5 && targets.count > 3, "\(targets)")
        let interior = rises.dropLast(targets.suffix(2) == [0.5, 0.5] ? 1 : 0)
        findings.expect(interior.allSatisfy { abs($0 - interior[0]) < 1e-9 }, "steps \(rises)")
        findings.note = "\(targets.count) masks"
    }
    try runner.check("of scope layer every block is pruned alike") { findings in
        guard runner.session.isRoot else { return }
        let masks = try SafetensorsFile(path: run + "/masks/step-12.safetensors")
        var kept: [Substring: (kept: Int, total: Int)] = [:]
        for name in masks.names {
            let block = name.split(separator: ".").drop { $0 != "layers" }.dropFirst().first ?? ""
            let shapes = try JSONValue(parsing: Array((masks.metadata["parameters"] ?? "").utf8))
            let count = (shapes[name]?.elements ?? []).compactMap(\.integer).reduce(1, *)
            let bits = try masks.bytes(name).reduce(0) { $0 + $1.nonzeroBitCount }
            kept[block, default: (0, 0)].kept += bits
            kept[block, default: (0, 0)].total += count
        }
        findings.expect(kept.count > 1, "\(kept.count) blocks")
        for (block, count) in kept {
            let pruned = prunedCount(sparsity: 0.5, poolSize: count.total)
            findings.expect(count.total - count.kept == pruned, "block \(block): \(count)")
        }
    }
}

private func contents(_ run: String) throws -> [Data] {
    try ["/final/model.safetensors", "/checkpoints/step-\(updates)/state.safetensors"].map {
        try Data(contentsOf: URL(fileURLWithPath: run + $0))
    }
}

/// The exact zeros of a written model: how many of what a mask prunes, and where among what it keeps.
private func zeros(ofModel directory: String, under mask: String) throws -> (
    pruned: Int, kept: [PoolPlace: Int]
) {
    let (file, stored) = (
        try SafetensorsFile(path: directory + "/model.safetensors"), try StoredMask.load(mask)
    )
    var (pruned, kept) = (0, [PoolPlace: Int]())
    for member in stored.pool.members {
        for (place, value) in zip(member.range, try file.floats(member.slot.name)) where value == 0 {
            if stored.mask[place] { kept[PoolPlace(member.slot.name), default: 0] += 1 } else { pruned += 1 }
        }
    }
    return (pruned, kept)
}
