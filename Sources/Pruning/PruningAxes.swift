/// How the sparsity gets from its start to its final value.
public enum SparsitySchedule: String, Sendable, CaseIterable {
    /// It has its final value from the first mask on.
    case constant
    /// In equal steps, one per mask.
    case linear
    /// Fast at first, slowly at the end: s + (s₀ − s)(1 − t)³ (Zhu and Gupta, 2017, equation 1).
    case cubic
}

/// What decides which weights are pruned.
public enum PruningScore: String, Sendable, CaseIterable {
    /// |w|: the smallest go.
    case magnitude
    /// S, the sum of −η · g · w over updates: those that training moved towards 0 are pruned (Sanh et al.,
    /// 2020, section 3).
    case movement
    /// |w| and S, each over its root mean square: large weights that did not shrink stay.
    case magnitudeMovement = "magnitude_movement"
    /// |w| for what is dropped, |g| for what is regrown in its place (RigL, Evci et al., 2020).
    case gradient
    /// |S|, which starts as the weights and is trained by Adam through the mask (S³-Router, Fu et al., 2022).
    case learned
}

/// What pruned weights are between masks.
public enum PrunedWeights: String, Sendable, CaseIterable {
    /// Zeroed by each mask and then like all others: forward uses them, gradients move them (PARP as published).
    case dense
    /// Zero in forward and backward; the masked values get the gradients that they would have unmasked, and
    /// may come back trained: a straight-through estimator.
    case masked
    /// Zero in forward and backward; the masked values do not change until they come back.
    case frozen
    /// Zero for good.
    case held
}

/// The axes along which methods differ: any valid combination is a method.
///
/// Shares are of the run's updates.
public struct PruningAxes: Sendable, Hashable {
    /// How the sparsity rises.
    public var schedule = SparsitySchedule.constant
    /// The share of the run up to which it stays at its start.
    public var begin = 0.0
    /// The share of the run after which it has its final value.
    public var end = 1.0
    /// What decides.
    public var score = PruningScore.magnitude
    /// What pruned weights are between masks.
    public var forward = PrunedWeights.dense
    /// The share of the run after which the mask is fixed and pruned weights are held at 0; 1 fixes the last mask
    /// only.
    public var holdFrom = 1.0
    /// Whether the weights of the pool are trained; if not, only a learned mask is.
    public var trainsWeights = true
    /// RigL's α: the share of what is kept that the first mask replaces; it falls to 0 until `holdFrom`.
    public var regrowth = 0.3

    /// The axes of PARP.
    public init() {}
}

extension PruningAxes {
    /// What is wrong with the combination, each with the fix; empty if it is valid.
    ///
    /// Names are those of the recipe's keys.
    public var faults: [String] {
        var faults: [String] = []
        if begin > end { faults.append("begin is \(begin), after end \(end)") }
        if schedule != .constant && holdFrom < end {
            faults.append(
                "hold_from is \(holdFrom), before end \(end): the sparsity would still rise; hold from there on, or "
                    + "later")
        }
        if score == .gradient && forward != .held {
            faults.append(
                "score \"gradient\" regrows weights at 0, which forward \"\(forward.rawValue)\" does not have; "
                    + "write forward = \"held\"")
        }
        if score == .learned && forward != .masked && forward != .frozen {
            faults.append(
                "score \"learned\" is trained through the mask, but forward \"\(forward.rawValue)\" has none, or no "
                    + "masked weights; write forward = \"frozen\" or \"masked\"")
        }
        if !trainsWeights && score != .learned {
            faults.append(
                "train_weights is false, and score \"\(score.rawValue)\" is not trained: nothing would be; write "
                    + "score = \"learned\"")
        }
        return faults
    }

    /// Whether scores are kept besides weights and moments.
    public var keepsScores: Bool { score != .magnitude }
    /// Whether the values of masked weights are kept.
    public var keepsValues: Bool { forward == .masked || forward == .frozen }
}
