#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// When a mask is due, at which sparsity, and when it is fixed; its axes say how it is found and what it
/// does.
///
/// All methods are instances with different axes: `ComparedMethod.axes` has those of the published ones.
public struct PruningMethod: Sendable, Hashable {
    /// The name in recipes and reports.
    public let name: String
    /// The final sparsity.
    public let sparsity: Double
    /// The sparsity at the start of a rising schedule.
    public let startSparsity: Double
    /// Its axes.
    public let axes: PruningAxes
    /// The updates after which a mask is planned, between the first and the last, ascending.
    public let masksAfter: [Int]
    /// Updates of the run.
    public let updates: Int
    /// The planned masks with which the sparsity rises.
    private let steps: ArraySlice<Int>

    /// A method with masks planned after these updates, such as the ends of epochs.
    public init(
        name: String, sparsity: Double, startSparsity: Double = 0, axes: PruningAxes, masksAfter: [Int],
        updates: Int
    ) {
        self.name = name
        self.sparsity = sparsity
        self.startSparsity = startSparsity
        self.axes = axes
        self.updates = updates
        let planned = masksAfter.filter { 0 < $0 && $0 <= updates }.sorted()
        self.masksAfter = planned
        let (begin, end) = (Self.update(axes.begin, of: updates), Self.update(axes.end, of: updates))
        steps = planned[Self.count(planned, before: begin + 1)..<Self.count(planned, before: end + 1)]
    }

    /// No pruning.
    public static let dense = PruningMethod(
        name: "dense", sparsity: 0, axes: PruningAxes(), masksAfter: [], updates: 0)

    /// Planned masks every `interval` updates; 0 plans none.
    public static func masks(every interval: Int, updates: Int) -> [Int] {
        interval > 0 ? Array(stride(from: interval, through: updates, by: interval)) : []
    }

    /// The sparsity to prune to after this many updates, or nil if no mask is due.
    ///
    /// Masks are due at the start, as planned, when the mask is fixed, and at the end.
    public func sparsityDue(afterUpdates done: Int) -> Double? {
        let hold = holdUpdate
        guard sparsity > 0, done <= hold || hold == updates else { return nil }
        let isPlanned = Self.count(masksAfter, before: done + 1) > Self.count(masksAfter, before: done)
        guard done == 0 || isPlanned || done == hold || done >= updates else { return nil }
        let due = sparsity(afterUpdates: done)
        return due > 0 ? due : nil
    }

    /// The sparsity that the model should have after this many updates.
    ///
    /// It rises with each mask between `begin` and `end`, and is final at the last of them. Without a mask in
    /// between it cannot rise: the start value holds until the end.
    public func sparsity(afterUpdates done: Int) -> Double {
        guard axes.schedule != .constant, startSparsity < sparsity,
            done < Self.update(axes.end, of: updates)
        else { return sparsity }
        guard !steps.isEmpty else { return startSparsity }
        let masks = Self.count(steps, before: done + 1)
        // Not by the formula, whose rounding may miss the final sparsity by a weight.
        guard masks < steps.count else { return sparsity }
        switch axes.schedule {
        case .constant: return sparsity
        case .linear:
            let rise = (sparsity - startSparsity) * Double(masks) / Double(steps.count)
            return min(sparsity, startSparsity + rise)
        case .cubic:
            let left = 1 - Double(masks) / Double(steps.count)
            return min(sparsity, sparsity + (startSparsity - sparsity) * left * left * left)
        }
    }

    /// Whether pruned weights stay exactly 0 after this many updates and the mask due then.
    public func isHeld(afterUpdates done: Int) -> Bool {
        axes.forward == .held || isFixed(afterUpdates: done)
    }

    /// Whether the mask no longer changes.
    public func isFixed(afterUpdates done: Int) -> Bool { done >= holdUpdate && holdUpdate < updates }

    /// The update after which the mask is fixed; the last if it never is before.
    public var holdUpdate: Int { Self.update(axes.holdFrom, of: updates) }

    /// Whether the update with this number, from 1, also needs the gradients of pruned weights.
    public func takesAllGradients(inUpdate number: Int) -> Bool {
        guard sparsity > 0, !isFixed(afterUpdates: number - 1) else { return false }
        return switch axes.score {
        case .movement, .magnitudeMovement, .learned: true
        case .gradient: sparsityDue(afterUpdates: number) != nil
        case .magnitude: axes.forward == .dense || axes.forward == .masked
        }
    }

    /// RigL's share of kept weights replaced by the mask after this many updates, α/2 · (1 + cos(π t / T))
    /// (Evci et al., 2020, section 3).
    public func regrownShare(afterUpdates done: Int) -> Double {
        guard axes.score == .gradient, done < holdUpdate else { return 0 }
        return axes.regrowth / 2 * (1 + cos(Double.pi * Double(done) / Double(holdUpdate)))
    }

    /// The update at a share of the run.
    private static func update(_ share: Double, of updates: Int) -> Int {
        Int((share * Double(updates)).rounded())
    }

    /// How many of the ascending updates come before one.
    private static func count(_ rising: some RandomAccessCollection<Int>, before update: Int) -> Int {
        var (low, high) = (0, rising.count)
        while low < high {
            let middle = (low + high) / 2
            let found = rising[rising.index(rising.startIndex, offsetBy: middle)]
            if found < update { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
