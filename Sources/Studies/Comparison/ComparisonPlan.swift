internal import Kernels
internal import Pruning

/// A mask of the smallest magnitudes that a run ended with.
struct MaskOrigin: Sendable, Hashable {
    /// The run.
    let run: String
    /// The mask's sparsity.
    let sparsity: Double
    /// The mask that the run held, whose pruned weights stay pruned.
    let within: String?

    /// Its file below `masks/`, without the ending.
    var name: String { "\(run)-\(sparsity)" }
}

/// One training run of a comparison.
struct ComparedRun: Sendable, Hashable {
    /// Its folder below `runs/`.
    let name: String
    /// What the recipe calls its method.
    let method: ComparedMethod
    /// The sparsity that it has in the end.
    let sparsity: Double
    /// The language, empty where there is only the recipe's data.
    let data: String
    /// Where its random numbers are counted from.
    let seed: Int
    /// Its learning rate, where several are tried; nil is the recipe's.
    let rate: Double?
    /// Its updates over those of the recipe.
    let length: Int
    /// Whether it is one of iterative pruning's shorter rounds.
    let isRound: Bool
    /// Its first mask, where that is an earlier run's.
    let mask: MaskOrigin?
}

/// One subnetwork that is compared: a method at a sparsity, for one seed.
struct ComparedCell: Sendable, Hashable {
    let method: ComparedMethod
    let sparsity: Double
    /// The language that it recognises.
    let data: String
    /// The language whose mask it was given, in a transfer.
    let source: String?
    let seed: Int
    /// The learning rate of all of its runs, where several are tried; nil is the recipe's.
    let rate: Double?
    /// The updates of its runs over those of the recipe: 2 where a method of one run takes what OMP's two take.
    let length: Int
    /// The runs that it takes; the last is the one whose model counts.
    let runs: [String]

    /// What it is a trial of, whatever its seed and learning rate.
    var subject: ComparedSubject {
        ComparedSubject(method: method, sparsity: sparsity, data: data, source: source, length: length)
    }
}

/// What is compared: a method at a sparsity, in a language, with the mask of another or not, for so long.
struct ComparedSubject: Sendable, Hashable {
    let method: ComparedMethod
    let sparsity: Double
    let data: String
    let source: String?
    let length: Int
}

/// The runs of a comparison, each once however many subnetworks need it: OMP of all sparsities shares the dense
/// run, IMP its rounds.
struct ComparisonPlan: Sendable {
    /// The subnetworks.
    private(set) var cells: [ComparedCell] = []
    /// The runs, those that others need before them.
    private(set) var runs: [ComparedRun] = []
    private var byName: [String: ComparedRun] = [:]

    /// Plans methods × sparsities × seeds × languages, and transfers between languages.
    ///
    /// - Parameters:
    ///   - data: The languages' names; one that is empty is the recipe's data.
    ///   - transfers: Methods that start from a mask, given that of every language's dense run in every language.
    ///   - rates: Learning rates to choose from; the first seed alone is planned with each of them, and the others by
    ///     ``settle(rates:seeds:)``.
    ///   - hasEqualCost: Whether methods of one run are also planned with twice the updates.
    init(
        methods: [ComparedMethod], sparsities: [Double], seeds: [Int], data: [String],
        transfers: [ComparedMethod] = [], rates: [Double] = [], hasEqualCost: Bool = false
    ) {
        for seed in rates.isEmpty ? seeds : Array(seeds.prefix(1)) {
            for name in data {
                for method in methods {
                    for sparsity in method == .dense ? [0] : sparsities {
                        for length in hasEqualCost && method.runs(sparsity: sparsity).count == 1
                            ? [1, 2] : [1]
                        {
                            let subject = ComparedSubject(
                                method: method, sparsity: sparsity, data: name, source: nil, length: length)
                            for rate in rates.isEmpty ? [nil] : rates.map(Optional.some) {
                                add(subject, seed: seed, rate: rate)
                            }
                        }
                    }
                }
            }
            for method in transfers {
                for (sparsity, source) in sparsities.flatMap({ s in data.map { (s, $0) } }) {
                    for target in data {
                        addTransfer(method, sparsity, from: source, to: target, seed: seed)
                    }
                }
            }
        }
    }

    /// The run of a name.
    func run(_ name: String) -> ComparedRun? { byName[name] }

    /// What is compared, each once.
    var subjects: [ComparedSubject] {
        var known: Set<ComparedSubject> = []
        return cells.map(\.subject).filter { known.insert($0).inserted }
    }

    /// Keeps the subnetworks of the learning rate that was chosen for each subject, and plans the other seeds with it; runs with other
    /// rates stay planned.
    mutating func settle(rates: [ComparedSubject: Double], seeds: [Int]) {
        let subjects = subjects
        cells.removeAll { $0.rate != rates[$0.subject] }
        for seed in seeds {
            for subject in subjects {
                if let rate = rates[subject] { add(subject, seed: seed, rate: rate) }
            }
        }
    }

    private mutating func add(_ subject: ComparedSubject, seed: Int, rate: Double?) {
        let (method, sparsity, data) = (subject.method, subject.sparsity, subject.data)
        var names: [String] = []
        for planned in method.runs(sparsity: sparsity) {
            var origin: MaskOrigin?
            if case .afterRun(let index) = planned.mask {
                origin = self.origin(names[index], sparsity: planned.sparsity)
            }
            let isRound = planned.length == .round
            // Iterative pruning's first round is dense, but shorter than the dense run.
            let label =
                isRound
                ? "\(method.rawValue)-round-\(names.count + 1)"
                : planned.training == .dense ? "dense" : "\(method.rawValue)-\(planned.sparsity)"
            names.append(
                add(
                    ComparedRun(
                        name: Self.folder(data, seed, rate) + label
                            + (subject.length > 1 ? "-\(subject.length)x" : ""),
                        method: planned.training == .dense ? .dense : method, sparsity: planned.sparsity,
                        data: data, seed: seed, rate: rate, length: subject.length, isRound: isRound,
                        mask: origin)))
        }
        cells.append(
            ComparedCell(
                method: method, sparsity: sparsity, data: data, source: nil, seed: seed, rate: rate,
                length: subject.length, runs: names))
    }

    private mutating func addTransfer(
        _ method: ComparedMethod, _ sparsity: Double, from source: String, to target: String, seed: Int
    ) {
        let dense = add(
            ComparedRun(
                name: Self.folder(source, seed) + "dense", method: .dense, sparsity: 0, data: source,
                seed: seed, rate: nil, length: 1, isRound: false, mask: nil))
        // OMP from a language's own mask is OMP.
        let isOneShot = source == target && method == .oneShot
        let label = "\(method.rawValue)-\(sparsity)" + (isOneShot ? "" : "-from-\(source)")
        let name = add(
            ComparedRun(
                name: Self.folder(target, seed) + label, method: method, sparsity: sparsity, data: target,
                seed: seed, rate: nil, length: 1, isRound: false, mask: origin(dense, sparsity: sparsity)))
        cells.append(
            ComparedCell(
                method: method, sparsity: sparsity, data: target, source: source, seed: seed, rate: nil,
                length: 1, runs: [dense, name]))
    }

    private mutating func add(_ run: ComparedRun) -> String {
        if byName.updateValue(run, forKey: run.name) == nil { runs.append(run) }
        return run.name
    }

    private func origin(_ run: String, sparsity: Double) -> MaskOrigin {
        MaskOrigin(run: run, sparsity: sparsity, within: byName[run]?.mask?.name)
    }

    private static func folder(_ data: String, _ seed: Int, _ rate: Double? = nil) -> String {
        (data.isEmpty ? "" : data + "/") + "seed-\(seed)/" + (rate.map { "lr-\($0)/" } ?? "")
    }
}
