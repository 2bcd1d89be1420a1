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
    /// What the first mask is made from, decided.
    package var firstMask: InitialMask {
        guard initialMask == .automatic else { return initialMask }
        return method == .random ? .random : .magnitude
    }

    /// Where PARP-P starts unless told otherwise.
    package static let progressiveStart = 0.3

    /// The sparsity at the start of a schedule that rises.
    var start: Double { startSparsity.stated ?? (method == .progressive ? Self.progressiveStart : 0) }

    /// The sparsity of the first mask, where it is given and not selected.
    package var firstSparsity: Double { axes.schedule == .constant ? sparsity : start }

    /// The method's axes, with what the recipe says of its own.
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

    /// Whether a run has values behind its mask.
    package var keepsValues: Bool { sparsity > 0 && method != .dense && axes.keepsValues }

    /// Numbers of state for each weight of the pool beside the weight and its moments: a score, and moments of trained
    /// ones.
    package var scoresKept: Int {
        guard sparsity > 0, method != .dense, axes.keepsScores else { return 0 }
        return axes.score == .learned ? 3 : 1
    }

    /// What is wrong with keys together.
    package var faults: [String] {
        var faults = axes.faults.map { "pruning.method is \"\(method.rawValue)\", and " + $0 }
        if axes.schedule != .constant && start > sparsity {
            faults.append("pruning.start_sparsity is \(start), above pruning.sparsity \(sparsity)")
        }
        if method == .dense && axes != method.axes {
            faults.append(
                "pruning.method is \"dense\", which has no mask that pruning.schedule, score, forward or hold_from "
                    + "could be about; name a method that prunes, such as \"parp-m\"")
        }
        if let fix = maskFault {
            faults.append(
                "pruning.initial_mask is \"\(initialMask.text)\", but pruning.method is "
                    + "\"\(method.rawValue)\": \(fix)")
        }
        return faults
    }

    /// Why the first mask is not one that the method is defined by, or nil.
    private var maskFault: String? {
        switch (method, firstMask) {
        case (.dense, .magnitude), (.magnitudeAtInitialization, .magnitude), (.random, .random),
            (.random, .randomModel), (.oneShot, .file), (.iterative, .file):
            nil
        case (.dense, _):
            "it has no mask"
        case (.magnitudeAtInitialization, _):
            "its mask is that of the pre-trained magnitudes; for a file's mask the method is \"omp\""
        case (.random, _):
            "its mask is \"random\" or \"random_model\""
        case (.oneShot, _), (.iterative, _):
            "give the mask of the run before, such as that of `parp prune --model RUN/final`"
        case (_, .magnitude):
            nil
        case _ where firstSparsity == 0 && sparsity > 0:
            "its sparsity starts at 0, where there is no mask yet; give pruning.start_sparsity that of the mask"
        default:
            nil
        }
    }

    /// The method of one run.
    ///
    /// - Parameter epochEnds: The updates after which epochs end, up to a number of updates; asked for only where
    ///   the interval is in epochs.
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

    /// Updates or epochs between masks: PARP's as in the authors' code for base, others' so that a schedule has a hundred
    /// steps.
    package func maskInterval(updates: Int) -> Int {
        if let stated = interval.stated { return stated }
        switch (method, intervalUnit) {
        case (.parp, _), (.progressive, _), (.dense, _): return 50
        case (_, .updates): return max(1, updates / 100)
        case (_, .epochs): return 1
        }
    }
}
