package import Pruning

extension InitialMask: RecipeConvertible {
    package static var expectation: String {
        names.map { "\"\($0.0)\"" }.joined(separator: ", ") + " or the path of a mask or sparse model"
    }

    package init?(_ value: RecipeValue) {
        guard case .string(let text) = value, !text.isEmpty else { return nil }
        self.init(text)
    }

    package var recipeValue: RecipeValue { .string(text) }
}

extension Recipe.Pruning {
    /// The resolved source of the first mask.
    package var firstMask: InitialMask {
        guard initialMask == .automatic else { return initialMask }
        return method == .random ? .random : .magnitude
    }

    /// The default start sparsity of PARP-P.
    package static let progressiveStart = 0.3

    /// The sparsity at the start of a rising schedule.
    var start: Double { startSparsity.stated ?? (method == .progressive ? Self.progressiveStart : 0) }

    /// The sparsity of a first mask that is given rather than selected.
    package var firstSparsity: Double { axes.schedule == .constant ? sparsity : start }

    /// The method's axes, with the recipe's overrides.
    package var axes: PruningAxes {
        var axes = method.axes
        axes.schedule = schedule.stated ?? axes.schedule
        axes.begin = begin.stated ?? axes.begin
        axes.end = end.stated ?? axes.end
        axes.score = score.stated ?? axes.score
        axes.forward = forward.stated ?? axes.forward
        axes.holdFrom = holdFrom.stated ?? axes.holdFrom
        axes.trainsWeights = trainWeights.stated ?? axes.trainsWeights
        axes.regrowth = regrowth
        return axes
    }

    /// Whether a run keeps the values of masked weights.
    package var keepsValues: Bool { sparsity > 0 && method != .dense && axes.keepsValues }

    /// Numbers of state per weight of the pool, besides the weight and its moments: a score, and moments of
    /// trained scores.
    package var scoresKept: Int {
        guard sparsity > 0, method != .dense, axes.keepsScores else { return 0 }
        return axes.score == .learned ? 3 : 1
    }

    /// Invalid combinations of keys.
    package var faults: [String] {
        var faults = axes.faults.map { "pruning.method is \"\(method.rawValue)\", and " + $0 }
        if axes.schedule != .constant && start > sparsity {
            faults.append("pruning.start_sparsity is \(start), above pruning.sparsity \(sparsity)")
        }
        if method == .dense && axes != method.axes {
            faults.append(
                "pruning.method is \"dense\", which has no mask to which pruning.schedule, score, forward or hold_from "
                    + "could apply; choose a method that prunes, such as \"parp-m\"")
        }
        if let fix = maskFault {
            faults.append(
                "pruning.initial_mask is \"\(initialMask.text)\", but pruning.method is "
                    + "\"\(method.rawValue)\": \(fix)")
        }
        return faults
    }

    /// Why the first mask does not fit the method's definition, or nil.
    private var maskFault: String? {
        switch (method, firstMask) {
        case (.dense, .magnitude), (.magnitudeAtInitialization, .magnitude), (.random, .random),
            (.random, .randomModel), (.oneShot, .file), (.iterative, .file):
            nil
        case (.dense, _):
            "it has no mask"
        case (.magnitudeAtInitialization, _):
            "its mask is that of the pre-trained magnitudes; to use a file's mask, set the method to \"omp\""
        case (.random, _):
            "its mask is \"random\" or \"random_model\""
        case (.oneShot, _), (.iterative, _):
            "give the previous run's mask, such as that of `parp prune --model RUN/final`"
        case (_, .magnitude):
            nil
        case _ where firstSparsity == 0 && sparsity > 0:
            "its sparsity starts at 0, where there is no mask yet; set pruning.start_sparsity to the mask's"
        default:
            nil
        }
    }

    /// The method of one run.
    ///
    /// - Parameter epochEnds: The updates at which epochs end, up to a number of updates; called only if the
    ///   interval is in epochs.
    package func makeMethod(updates: Int, epochEnds: (Int) -> [Int]) -> PruningMethod {
        guard method != .dense else { return .dense }
        return PruningMethod(
            name: method.rawValue, sparsity: sparsity, startSparsity: start, axes: axes,
            masksAfter: axes.holdFrom > 0 ? masksAfter(updates: updates, epochEnds: epochEnds) : [],
            updates: updates)
    }

    private func masksAfter(updates: Int, epochEnds: (Int) -> [Int]) -> [Int] {
        let interval = maskInterval(updates: updates)
        guard interval > 0 else { return [] }
        switch intervalUnit {
        case .updates: return PruningMethod.masks(every: interval, updates: updates)
        case .epochs:
            let ends = epochEnds(updates)
            return stride(from: interval - 1, to: ends.count, by: interval).map { ends[$0] }
        }
    }

    /// The most updates that PARP should leave between masks: a twentieth of the run.
    ///
    /// PARP trains what its next mask cuts; with one mask in the middle of 96 updates that cost 8 points of accuracy
    /// on TREC at 70 % and 43 at 90 % (docs/results.md, "PARP's interval").
    package static func longestInterval(updates: Int) -> Int { max(1, updates / 20) }

    /// Updates or epochs between masks: in updates PARP's as in the authors' code for base, less in a short run, and
    /// others so that a schedule has a hundred steps; in epochs, one.
    ///
    /// Dense training has PARP's, for projections of what PARP would cost.
    package func maskInterval(updates: Int) -> Int {
        if let stated = interval.stated { return stated }
        switch (method, intervalUnit) {
        case (_, .epochs): return 1
        case (.dense, _), (.parp, _), (.progressive, _):
            return min(50, Self.longestInterval(updates: updates))
        default: return max(1, updates / 100)
        }
    }
}
