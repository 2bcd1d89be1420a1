internal import Collectives
internal import Foundation
internal import Pruning
internal import Recipe
internal import Session
internal import Tasks
internal import Tensors
internal import Training

/// What one re-prune did to this rank's replica.
private struct RePrune {
    let update: Int
    /// round(s · N), as the recipe asks.
    let expectedZeros: Int
    /// Exact zeros in the pool afterwards.
    let zeros: Int
    /// Elements outside the pool, gaps included, whose bits changed.
    let changedOutside: Int
    /// Kept weights whose bits changed.
    let changedKept: Int
    /// Pruned weights that are not zero.
    let unprunedLeft: Int
    let largestPruned: Float
    let smallestKept: Float
    /// Elements of Adam's moments whose bits changed.
    let changedMoments: Int
    /// Kept weights that the mask before had pruned.
    let revived: Int
    let maskHash: UInt64
    let weightsHash: UInt64
}

/// What happened to the weights that a re-prune had zeroed, until the next one.
private struct Adjustment {
    let zeroed: Int
    /// Those with a gradient in at least one update.
    let reached: Int
    /// Those that were not zero any more when the next re-prune came.
    let moved: Int
}

/// A PARP run of a few updates, looked at on this rank before and after every re-prune.
private struct ObservedRun {
    var rePrunes: [RePrune] = []
    var adjustments: [Adjustment] = []

    static let updates = 10
    static let interval = 4
    static let sparsity = 0.5

    init(_ workplace: Workplace, _ session: Session) throws {
        let recipe = try Recipe(
            path: workplace.recipe,
            overrides: [
                "schedule.updates=\(Self.updates)", "pruning.interval=\(Self.interval)",
                "pruning.sparsity=\(Self.sparsity)",
            ])
        let output = workplace.run("observed", ranks: session.communicator.size)
        var run = try InspectedRun(recipe: recipe, output: output, session: session)
        try observe(&run, update: 0)
        var reached = [Bool](repeating: false, count: run.pool.count)
        for update in 1...Self.updates {
            try run.step()
            noteGradients(run, into: &reached)
            guard update % Self.interval == 0 || update == Self.updates else { continue }
            adjustments.append(adjustment(run, reached: reached))
            try observe(&run, update: update)
            reached = [Bool](repeating: false, count: run.pool.count)
        }
    }

    private mutating func observe(_ run: inout InspectedRun, update: Int) throws {
        let before = run.values.array()
        let moments = [run.firstMoment, run.secondMoment]
        let earlier = run.mask
        try run.pruneIfDue()
        let values = run.values
        var (zeros, changedKept, left, pruned, kept) = (0, 0, 0, Float(0), Float.infinity)
        var isInside = [Bool](repeating: false, count: before.count)
        for member in run.pool.members {
            for (place, index) in zip(member.range, member.slot.range) {
                isInside[index] = true
                if values[index] == 0 { zeros += 1 }
                if run.mask[place] {
                    kept = min(kept, before[index].magnitude)
                    if values[index].bitPattern != before[index].bitPattern { changedKept += 1 }
                } else {
                    pruned = max(pruned, before[index].magnitude)
                    if values[index] != 0 { left += 1 }
                }
            }
        }
        let changedOutside = before.indices.count {
            !isInside[$0] && values[$0].bitPattern != before[$0].bitPattern
        }
        let changedMoments =
            differingBits(run.firstMoment, moments[0]) + differingBits(run.secondMoment, moments[1])
        rePrunes.append(
            RePrune(
                update: update,
                expectedZeros: Int(
                    (Self.sparsity * Double(run.pool.count)).rounded(.toNearestOrEven)),
                zeros: zeros, changedOutside: changedOutside, changedKept: changedKept, unprunedLeft: left,
                largestPruned: pruned, smallestKept: kept, changedMoments: changedMoments,
                revived: run.mask.revived(since: earlier), maskHash: run.mask.hash,
                weightsHash: contentHash(values)))
    }

    private func noteGradients(_ run: borrowing InspectedRun, into reached: inout [Bool]) {
        let gradients = run.gradients
        for member in run.pool.members {
            for (place, index) in zip(member.range, member.slot.range) where gradients[index] != 0 {
                reached[place] = true
            }
        }
    }

    private func adjustment(_ run: borrowing InspectedRun, reached: [Bool]) -> Adjustment {
        let (values, mask) = (run.values, run.mask)
        var (zeroed, zeroedAndReached, moved) = (0, 0, 0)
        for member in run.pool.members {
            for (place, index) in zip(member.range, member.slot.range) where !mask[place] {
                zeroed += 1
                if reached[place] { zeroedAndReached += 1 }
                if values[index] != 0 { moved += 1 }
            }
        }
        return Adjustment(zeroed: zeroed, reached: zeroedAndReached, moved: moved)
    }
}

/// How many floats have other bits than before.
func differingBits(_ tensor: Tensor, _ before: [Float]) -> Int { differingBits(tensor.array(), before) }

/// Elements whose bits differ.
func differingBits(_ numbers: [Float], _ before: [Float]) -> Int {
    before.indices.count { numbers[$0].bitPattern != before[$0].bitPattern }
}

/// A hash of a tensor's bits.
func contentHash(_ tensor: Tensor) -> UInt64 {
    var hash = ContentHash()
    hash.combine(tensor)
    return hash.value
}

/// What holds after every re-prune of a real run, on every rank.
func checkRePrunes(_ runner: CheckRunner, _ workplace: Workplace) throws {
    let run = try ObservedRun(workplace, runner.session)
    try checkEachRePrune(runner, run.rePrunes)
    try runner.check("after every re-prune all ranks hold the same mask and the same weights") { findings in
        for rePrune in run.rePrunes {
            for (what, hash) in [("mask", rePrune.maskHash), ("weights", rePrune.weightsHash)] {
                let hashes = Set(try runner.communicator.allGather([hash]).map { $0[0] })
                findings.expect(hashes.count == 1, "update \(rePrune.update): \(what) differ")
            }
        }
    }
    try runner.check("zeroed weights get gradients and move before the next re-prune") { findings in
        for adjustment in run.adjustments {
            // Layer drop and channel masks leave some without a gradient for a few updates.
            let most = adjustment.zeroed * 9 / 10
            findings.expect(
                adjustment.reached > most, "\(adjustment.reached) of \(adjustment.zeroed) reached")
            findings.expect(adjustment.moved > most, "\(adjustment.moved) of \(adjustment.zeroed) moved")
        }
        let (moved, zeroed) = run.adjustments.reduce((0, 0)) { ($0.0 + $1.moved, $0.1 + $1.zeroed) }
        findings.note = "\(moved) of \(zeroed) moved"
    }
    try runner.check("zeroed weights come back into the subnetwork") { findings in
        // A weight that starts again at zero needs a few updates to pass the threshold: the last interval is
        // too short for that.
        let revived = run.rePrunes.map { "\($0.revived) at update \($0.update)" }.dropFirst()
        findings.expect(run.rePrunes.contains { $0.revived > 0 }, "none came back")
        findings.note = revived.joined(separator: ", ")
    }
}

private func checkEachRePrune(_ runner: CheckRunner, _ rePrunes: [RePrune]) throws {
    try runner.check("after every re-prune exactly round(s · N) weights of the pool are zero") { findings in
        findings.expect(rePrunes.map(\.update) == [0, 4, 8, 10], "at \(rePrunes.map(\.update))")
        for rePrune in rePrunes {
            findings.expect(
                rePrune.zeros == rePrune.expectedZeros && rePrune.unprunedLeft == 0,
                "update \(rePrune.update): \(rePrune.zeros), not \(rePrune.expectedZeros)")
        }
        findings.note = "\(rePrunes[0].expectedZeros) at each of \(rePrunes.count)"
    }
    try runner.check("a re-prune changes nothing outside the pool and no weight that it keeps") { findings in
        for rePrune in rePrunes {
            findings.expect(
                rePrune.changedOutside == 0 && rePrune.changedKept == 0,
                "update \(rePrune.update): \(rePrune.changedOutside) outside, \(rePrune.changedKept) kept")
        }
    }
    try runner.check("no weight that a re-prune takes is larger than one that it leaves") { findings in
        for rePrune in rePrunes {
            findings.expect(
                rePrune.largestPruned <= rePrune.smallestKept,
                "update \(rePrune.update): \(rePrune.largestPruned) over \(rePrune.smallestKept)")
        }
    }
    try runner.check("a re-prune leaves Adam's moments alone") { findings in
        for rePrune in rePrunes {
            findings.expect(
                rePrune.changedMoments == 0, "update \(rePrune.update): \(rePrune.changedMoments) changed")
        }
    }
}
