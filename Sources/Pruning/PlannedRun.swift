/// One run of a method: every run starts from the pre-trained weights and a new optimiser.
///
/// Plans of one method for several sparsities share their first runs: equal runs at equal places are the same.
public struct PlannedRun: Sendable, Hashable {
    /// How the mask changes during the run.
    public enum Training: Sendable, Hashable {
        /// There is none.
        case dense
        /// Pruned weights stay 0.
        case fixedMask
        /// It changes during the run.
        case changingMask
    }

    /// Where the run's first mask comes from.
    public enum Mask: Sendable, Hashable {
        /// There is none.
        case none
        /// The smallest magnitudes of the pre-trained weights.
        case magnitude
        /// The smallest magnitudes of a randomly initialised model, or random weights.
        case random
        /// The smallest magnitudes of an earlier run's final weights, among those kept by that run's own
        /// mask.
        case afterRun(Int)
    }

    /// How long the run is.
    public enum Length: Sendable, Hashable {
        /// As long as the recipe says.
        case whole
        /// One of iterative pruning's shorter rounds (2,000 updates in the authors' code).
        case round
    }

    /// How the mask changes.
    public let training: Training
    /// Where the first mask comes from.
    public let mask: Mask
    /// The sparsity: of a fixed mask, or at the end.
    public let sparsity: Double
    /// How long it is.
    public let length: Length

    /// A run.
    public init(training: Training, mask: Mask, sparsity: Double, length: Length = .whole) {
        self.training = training
        self.mask = mask
        self.sparsity = sparsity
        self.length = length
    }
}

extension ComparedMethod {
    /// The share of the pool that each round of iterative pruning adds.
    public static let iterativeStep = 0.1

    /// The runs for a subnetwork of a sparsity, in order; the last one's model counts.
    ///
    /// OMP takes 2, IMP one more than rounds; all others 1. A sparsity of 0 is the dense run, for all.
    public func runs(sparsity: Double) -> [PlannedRun] {
        let dense = PlannedRun(training: .dense, mask: .none, sparsity: 0)
        guard sparsity > 0 else { return [dense] }
        func run(_ training: PlannedRun.Training, _ mask: PlannedRun.Mask) -> PlannedRun {
            PlannedRun(training: training, mask: mask, sparsity: sparsity)
        }
        switch self {
        case .dense: return [dense]
        case .magnitudeAtInitialization: return [run(.fixedMask, .magnitude)]
        case .random: return [run(.fixedMask, .random)]
        case .oneShot: return [dense, run(.fixedMask, .afterRun(0))]
        case .iterative:
            let rounds = Self.iterativeRounds(sparsity: sparsity)
            return rounds + [run(.fixedMask, .afterRun(rounds.count - 1))]
        case .parp, .progressive, .parpMasked, .gradual, .movement, .rigL, .router:
            return [run(.changingMask, .magnitude)]
        }
    }

    /// Rounds that train what the previous rounds kept: nothing pruned, a tenth, two tenths and so on.
    private static func iterativeRounds(sparsity: Double) -> [PlannedRun] {
        // 0.3 / 0.1 is a little less or more than 3; a millionth of a round is none.
        let count = max(1, Int((sparsity / iterativeStep - 1e-6).rounded(.up)))
        return (0..<count).map { round in
            PlannedRun(
                training: round == 0 ? .dense : .fixedMask, mask: round == 0 ? .none : .afterRun(round - 1),
                sparsity: Double(round) / (1 / iterativeStep).rounded(), length: .round)
        }
    }
}
