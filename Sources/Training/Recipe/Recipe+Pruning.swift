internal import Pruning

/// What the first mask is made from.
enum InitialMask: Sendable, Equatable {
    /// What the method is defined by: magnitudes, or `random` for random pruning.
    case automatic
    /// The smallest magnitudes of the weights that the run starts from.
    case magnitude
    /// Weights drawn uniformly.
    case random
    /// The smallest magnitudes of a randomly initialised model: the authors' random pruning.
    case randomModel
    /// A mask of any kind that `parp mask` reads: of an earlier run, another language, another tool.
    case file(String)

    private static let names: [(String, InitialMask)] = [
        ("auto", .automatic), ("magnitude", .magnitude), ("random", .random), ("random_model", .randomModel),
    ]

    /// The name in recipes, or the path.
    var text: String {
        if case .file(let path) = self { return path }
        return Self.names.first { $0.1 == self }?.0 ?? ""
    }
}

extension InitialMask: RecipeConvertible {
    static var expectation: String {
        names.map { "\"\($0.0)\"" }.joined(separator: ", ") + " or the path of a mask or sparse model"
    }

    init?(_ value: RecipeValue) {
        guard case .string(let text) = value, !text.isEmpty else { return nil }
        self = Self.names.first { $0.0 == text }?.1 ?? .file(text)
    }

    var recipeValue: RecipeValue { .string(text) }
}

extension Recipe.Pruning {
    /// What the first mask is made from, decided.
    var firstMask: InitialMask {
        guard initialMask == .automatic else { return initialMask }
        return method == .random ? .random : .magnitude
    }

    /// What is wrong with keys together.
    var faults: [String] {
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
    func makeMethod(updates: Int, epochEnds: (Int) -> [Int]) -> any PruningMethod {
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
