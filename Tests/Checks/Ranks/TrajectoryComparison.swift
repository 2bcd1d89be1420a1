internal import Checkpoints
internal import Foundation
internal import Pruning
internal import Tensors

/// The numbers of ranks that are compared; the first is what the others are compared with.
private let rankCounts = [1, 2, 3, 4]

/// Float32 sums in another order differ by 1e-7 or so a step; 1e-5 is what 20 updates may make of it.
private let lossTolerance = 1e-5

/// A differing mask entry must lie this near the threshold, relative to it: what sums in another order may
/// make of a weight in 20 updates, and far less than what an update moves it by.
private let thresholdTolerance: Float = 1e-3

/// Compares what the runs at 1, 2, 3 and 4 ranks left.
func compareTrajectories(_ runner: CheckRunner, _ workplace: Workplace) throws {
    for trajectory in Trajectory.allCases {
        let outcomes = try rankCounts.map {
            try Outcome(workplace.run(trajectory.rawValue, ranks: $0), updates: trajectory.updates)
        }
        switch trajectory {
        case .plain, .clipped:
            try compareLosses(runner, trajectory, outcomes)
            try compareMasks(runner, trajectory, outcomes)
            try checkConditions(runner, trajectory, outcomes)
        case .idle: try compareIdle(runner, outcomes)
        }
    }
}

private func compareLosses(
    _ runner: CheckRunner, _ trajectory: Trajectory, _ outcomes: [Outcome]
) throws {
    let name = "\(trajectory.rawValue): all \(trajectory.updates) losses are the same at any number of ranks"
    try runner.check(name) { findings in
        var worst: [String] = []
        for (ranks, outcome) in zip(rankCounts, outcomes).dropFirst() {
            let differences = zip(outcome.losses, outcomes[0].losses).map { abs($0 - $1) / abs($1) }
            let largest = differences.max() ?? .infinity
            findings.expect(differences.count == trajectory.updates, "\(differences.count) losses")
            findings.expect(largest <= lossTolerance, "\(ranks) ranks: \(largest) from 1 rank's")
            worst.append(String(format: "%.1e at %d", largest, ranks))
        }
        findings.note = "largest relative difference " + worst.joined(separator: ", ")
    }
}

/// Of a million entries so many may differ between final masks: sums in another order move few weights over the threshold.
private let differingPerMillion = 10

/// Counts the entries in which final masks differ.
///
/// They must be few, and each must belong to a weight at the threshold, or have
/// differed in an earlier mask: there one run zeroed the weight and the other did not, and from then on they are two weights.
private func compareMasks(
    _ runner: CheckRunner, _ trajectory: Trajectory, _ outcomes: [Outcome]
) throws {
    let name = "\(trajectory.rawValue): the final masks are the same but for weights at the threshold"
    try runner.check(name) { findings in
        var differing: [String] = []
        let total = outcomes[0].mask.values.reduce(0) { $0 + $1.count }
        for (ranks, outcome) in zip(rankCounts, outcomes).dropFirst() {
            findings.expect(outcome.mask.keys == outcomes[0].mask.keys, "\(ranks) ranks: other parameters")
            var entries = 0
            for name in outcome.mask.keys.sorted() {
                let differing = try differingEntries(name, outcome, outcomes[0])
                entries += differing.count
                let farthest = differing.filter { !$0.differedBefore }.map(\.distance).max() ?? 0
                findings.expect(
                    farthest <= thresholdTolerance,
                    "\(ranks) ranks: \(name) keeps a weight that 1 rank prunes, or prunes one that it keeps, "
                        + "\(farthest) of the threshold away from it")
            }
            differing.append("\(entries) at \(ranks)")
            findings.expect(
                entries * 1_000_000 <= total * differingPerMillion,
                "\(ranks) ranks: \(entries) entries differ")
        }
        findings.note = "differing of \(total): " + differing.joined(separator: ", ")
    }
}

/// An entry that one run keeps and the other prunes.
private struct DifferingEntry {
    /// How far from the threshold its weight is, relative to it.
    let distance: Float
    /// Whether the runs' masks differed there before.
    let differedBefore: Bool
}

private func differingEntries(_ name: String, _ a: Outcome, _ b: Outcome) throws -> [DifferingEntry] {
    guard let maskA = a.mask[name], let maskB = b.mask[name], maskA != maskB else { return [] }
    let (weightsA, weightsB) = (try a.weights.floats(name), try b.weights.floats(name))
    return (0..<maskA.count).filter { maskA[$0] != maskB[$0] }.map { index in
        // The run that prunes has a zero there; the other says what the weight is.
        let (weight, threshold) =
            maskA[index] ? (weightsA[index], a.threshold) : (weightsB[index], b.threshold)
        return DifferingEntry(
            distance: abs(weight.magnitude - threshold) / threshold,
            differedBefore: zip(a.earlierMasks, b.earlierMasks).contains {
                $0[name]?[index] != $1[name]?[index]
            })
    }
}

/// That the comparison compared something: several utterances, clipping at work, weights coming back.
private func checkConditions(
    _ runner: CheckRunner, _ trajectory: Trajectory, _ outcomes: [Outcome]
) throws {
    let reference = outcomes[0]
    try runner.check("\(trajectory.rawValue): weights came back, batches had several utterances") {
        findings in
        let revived = reference.revived.reduce(0, +)
        findings.expect(revived > 0, "no weight came back")
        let several = reference.utterances.count { $0 > 1 }
        findings.expect(several > trajectory.updates / 2, "\(several) batches of several utterances")
        let clipped = reference.gradientNorms.count { $0 > Trajectory.clipNorm }
        if trajectory == .clipped {
            findings.expect(clipped > trajectory.updates / 2, "\(clipped) updates were clipped")
        }
        findings.note =
            "\(revived) revived over \(reference.revived.count) masks, "
            + "\(clipped) norms above \(Trajectory.clipNorm)"
    }
}

private func compareIdle(_ runner: CheckRunner, _ outcomes: [Outcome]) throws {
    try runner.check("idle ranks contribute nothing: one utterance a batch gives the same bits") { findings in
        let reference = outcomes[0]
        findings.expect(reference.utterances.allSatisfy { $0 == 1 }, "batches of \(reference.utterances)")
        for (ranks, outcome) in zip(rankCounts, outcomes).dropFirst() {
            findings.expect(outcome.losses == reference.losses, "\(ranks) ranks: losses \(outcome.losses)")
            findings.expect(outcome.mask == reference.mask, "\(ranks) ranks: another mask")
            findings.expect(
                outcome.evaluation == reference.evaluation, "\(ranks) ranks: evaluated differently")
            let differing = try reference.weights.names.filter {
                try outcome.weights.floats($0) != reference.weights.floats($0)
            }
            findings.expect(differing.isEmpty, "\(ranks) ranks: other weights in \(differing.prefix(3))")
        }
    }
}
