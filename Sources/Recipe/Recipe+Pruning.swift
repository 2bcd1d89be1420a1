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

    /// What is wrong with keys together.
    package var faults: [String] {
        var faults: [String] = []
        if method == .progressive && startSparsity > sparsity {
            faults.append(
                "pruning.start_sparsity is \(startSparsity), above pruning.sparsity \(sparsity)")
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
        case (.parp, _), (.progressive, _), (.magnitudeAtInitialization, .magnitude), (.dense, .magnitude),
            (.random, .random), (.random, .randomModel), (.oneShot, .file), (.iterative, .file):
            nil
        case (.dense, _):
            "it has no mask"
        case (.magnitudeAtInitialization, _):
            "its mask is that of the pre-trained magnitudes; for a file's mask the method is \"omp\""
        case (.random, _):
            "its mask is \"random\" or \"random_model\""
        case (.oneShot, _), (.iterative, _):
            "give the mask of the run before, such as that of `parp prune --model RUN/final`"
        }
    }

    /// The method of one run.
    ///
    /// - Parameter epochEnds: The updates after which epochs end, up to a number of updates; asked for only where
    ///   the interval is in epochs.
    package func makeMethod(updates: Int, epochEnds: (Int) -> [Int]) -> any PruningMethod {
        switch method {
        case .dense: DenseMethod()
        case .parp, .progressive:
            PARPMethod(
                sparsity: sparsity, startSparsity: method == .progressive ? startSparsity : nil,
                masksAfter: masksAfter(updates: updates, epochEnds: epochEnds), updates: updates)
        case .magnitudeAtInitialization, .oneShot, .iterative, .random:
            FixedMaskMethod(name: method.rawValue, sparsity: sparsity)
        }
    }

    private func masksAfter(updates: Int, epochEnds: (Int) -> [Int]) -> [Int] {
        guard interval > 0 else { return [] }
        switch intervalUnit {
        case .updates: return Array(stride(from: interval, through: updates, by: interval))
        case .epochs:
            let ends = epochEnds(updates)
            return stride(from: interval - 1, to: ends.count, by: interval).map { ends[$0] }
        }
    }
}
