internal import Kernels
internal import Pruning

/// A mask of the smallest magnitudes of a run's final weights.
struct MaskOrigin: Sendable, Hashable {
    /// The run.
    let run: String
    /// The mask's sparsity.
    let sparsity: Double
    /// The mask that the run held, whose pruned weights stay pruned.
    let within: String?

    /// Its file in `masks/`, without the extension.
    var name: String { "\(run)-\(sparsity)" }
}

/// One training run of a comparison.
struct ComparedRun: Sendable, Hashable {
    /// Its folder in `runs/`.
    let name: String
    /// Its method.
    let method: ComparedMethod
    /// Its final sparsity.
    let sparsity: Double
    /// The language; empty for the recipe's data.
    let data: String
    /// The seed of its random numbers.
    let seed: Int
    /// Its learning rate if several are tried; nil for the recipe's.
    let rate: Double?
    /// Its updates as a multiple of the recipe's.
    let length: Int
    /// Whether it is one of iterative pruning's shorter rounds.
    let isRound: Bool
    /// Its first mask, if it comes from an earlier run.
    let mask: MaskOrigin?
}

/// One compared subnetwork: a method at a sparsity, for one seed.
struct ComparedCell: Sendable, Hashable {
    let method: ComparedMethod
    let sparsity: Double
    /// The language that it recognises.
    let data: String
    /// In a transfer, the language whose mask it gets.
    let source: String?
    let seed: Int
    /// The learning rate of all of its runs if several are tried; nil for the recipe's.
    let rate: Double?
    /// The updates of its runs as a multiple of the recipe's: 2 if a single-run method gets as many as OMP's
    /// two runs.
    let length: Int
    /// The runs that it takes; the last one's model counts.
    let runs: [String]

    /// Its subject, without seed and learning rate.
    var subject: ComparedSubject {
        ComparedSubject(method: method, sparsity: sparsity, data: data, source: source, length: length)
    }
}

/// The subject of a comparison: a method at a sparsity, in a language, perhaps with another's mask, for a
/// length.
struct ComparedSubject: Sendable, Hashable {
    let method: ComparedMethod
    let sparsity: Double
    let data: String
    let source: String?
    let length: Int
}

/// The runs of a comparison, each once however many subnetworks need it: OMP at all sparsities shares the
/// dense run, IMP its rounds.
struct ComparisonPlan: Sendable {
    /// The subnetworks.
    private(set) var cells: [ComparedCell] = []
    /// The runs, ordered so that runs needed by others come first.
    private(set) var runs: [ComparedRun] = []
    private var byName: [String: ComparedRun] = [:]

    /// Plans methods × sparsities × seeds × languages, and transfers between languages.
    ///
    /// - Parameters:
    ///   - data: The languages' names; an empty one is the recipe's data.
    ///   - transfers: Methods that start from a mask, run in every language with the mask of every language's
    ///     dense run.
    ///   - rates: Learning rates to choose from; only the first seed is planned with each of them, the others
    ///     by ``settle(rates:seeds:)``.
    ///   - hasEqualCost: Whether single-run methods are also planned with twice the updates.
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

    /// The subjects, each once.
    var subjects: [ComparedSubject] {
        var known: Set<ComparedSubject> = []
        return cells.map(\.subject).filter { known.insert($0).inserted }
    }

    /// Keeps the subnetworks with the learning rate chosen for each subject, and plans the other seeds with
    /// it; runs with other rates stay planned.
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
        // OMP with a language's own mask is plain OMP.
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
