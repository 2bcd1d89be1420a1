internal import Batching
internal import Checkpoints
internal import Foundation
internal import Pruning
internal import Recipe
internal import Reports
internal import Tasks
internal import Training

/// A number measured once per seed.
struct Spread: Sendable, Equatable {
    /// The numbers.
    let values: [Double]

    /// Their mean; NaN if there are none.
    var mean: Double { values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count) }

    /// Their sample standard deviation (n − 1); nil for fewer than two.
    var deviation: Double? {
        guard values.count > 1 else { return nil }
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (squares / Double(values.count - 1)).squareRoot()
    }

    /// Mean and deviation, times a factor, with this many decimals.
    func text(times factor: Double = 1, decimals: Int = 2) -> String {
        let mean = String(format: "%.\(decimals)f", mean * factor)
        return deviation.map { mean + String(format: " ± %.\(decimals)f", $0 * factor) } ?? mean
    }
}

/// The results of a comparison: a row for each method at a sparsity, over all seeds.
struct ComparisonTable: Sendable {
    /// A finished subnetwork.
    struct Entry: Sendable {
        let seed: Int
        let record: RunRecord
        /// Its model's outcomes on test data, if there is any.
        let outcomes: ExampleOutcomes?
        /// The total cost of its runs.
        let cost: RunCost
        /// The folder of the run whose model counts.
        let folder: String
    }

    /// A method at a sparsity in a language.
    struct Row: Sendable {
        let method: ComparedMethod
        let sparsity: Double
        let data: String
        let source: String?
        /// The updates as a multiple of the recipe's.
        let length: Int
        /// The chosen learning rate; nil for the recipe's.
        let rate: Double?
        /// A subnetwork for each seed.
        let entries: [Entry]

        /// The mean cost of a subnetwork over seeds.
        var cost: RunCost { RunCost.sum(entries.map(\.cost)).divided(by: entries.count) }

        /// What it is a row of.
        var subject: ComparedSubject {
            ComparedSubject(method: method, sparsity: sparsity, data: data, source: source, length: length)
        }

        /// A metric's mean over seeds in each resample of seeds and examples; nil before ``resample(by:)``, and where it is not
        /// known how each example was taken.
        private(set) var samples: [Double]?

        /// The test examples; nil where it is not known how each was taken.
        var examples: Int? {
            let judged = entries.compactMap(\.outcomes)
            guard let first = judged.first?.count, judged.count == entries.count else { return nil }
            return judged.allSatisfy { $0.count == first } ? first : nil
        }

        fileprivate mutating func resample(by metric: MetricSpec) {
            guard let examples else { return }
            let judged = entries.compactMap(\.outcomes)
            samples = Bootstrap.samples(runs: judged.count, examples: examples) { runs, examples in
                runs.reduce(0) { $0 + judged[$1].value(of: metric, over: examples) } / Double(runs.count)
            }
        }

        /// A number of each seed.
        func spread(_ value: (RunRecord) -> Double) -> Spread {
            Spread(values: entries.map { value($0.record) })
        }
    }

    /// The rows with a finished subnetwork.
    private(set) var rows: [Row]
    /// The number of missing subnetworks.
    let missing: Int
    /// The finished runs, each once.
    let records: [String: RunRecord]

    /// Reads the results of a comparison's runs.
    init(_ comparison: Comparison) throws(CheckpointError) {
        var records: [String: RunRecord] = [:]
        for run in comparison.plan.runs {
            records[run.name] = try RunRecord(
                folder: comparison.folder(run.name), task: comparison.recipe.task)
        }
        var rows: [Row] = []
        var missing = 0
        for cells in Self.grouped(comparison.plan.cells) {
            let entries = cells.compactMap { cell -> Entry? in
                let chain = cell.runs.compactMap { records[$0] }
                guard var last = chain.last, chain.count == cell.runs.count else { return nil }
                let folder = comparison.folder(cell.runs[cell.runs.count - 1])
                var outcomes: ExampleOutcomes?
                if let test = comparison.test(of: cell.data) {
                    guard let judgement = Judgement(folder: folder, data: test) else { return nil }
                    last.judge(by: judgement.outcomes, task: comparison.recipe.task)
                    outcomes = judgement.outcomes
                }
                return Entry(
                    seed: cell.seed, record: last, outcomes: outcomes, cost: RunCost.sum(chain.map(\.cost)),
                    folder: folder)
            }
            missing += cells.count - entries.count
            guard let first = cells.first, !entries.isEmpty else { continue }
            rows.append(
                Row(
                    method: first.method, sparsity: first.sparsity, data: first.data, source: first.source,
                    length: first.length, rate: first.rate, entries: entries))
        }
        self.rows = rows
        self.missing = missing
        self.records = records
    }

    /// Resamples a metric of each row, for intervals of rows and of their differences.
    mutating func resample(by metric: MetricSpec) {
        for place in rows.indices { rows[place].resample(by: metric) }
    }

    /// Cells grouped by row, in the order of the plan.
    private static func grouped(_ cells: [ComparedCell]) -> [[ComparedCell]] {
        var order: [ComparedSubject] = []
        var groups: [ComparedSubject: [ComparedCell]] = [:]
        for cell in cells {
            if groups[cell.subject] == nil { order.append(cell.subject) }
            groups[cell.subject, default: []].append(cell)
        }
        return order.compactMap { groups[$0] }
    }

    /// The rows of one language, without transfers and without runs longer than the recipe's.
    func rows(of data: String) -> [Row] {
        rows.filter { $0.data == data && $0.source == nil && $0.length == 1 }
    }

    /// The row of a single-run method with twice the updates.
    func twiceAsLong(_ row: Row) -> Row? {
        rows.first {
            $0.length == 2 && $0.method == row.method && $0.sparsity == row.sparsity && $0.data == row.data
        }
    }

    /// The row of a transfer.
    func transfer(_ method: ComparedMethod, _ sparsity: Double, from source: String, to data: String) -> Row?
    {
        rows.first {
            $0.method == method && $0.sparsity == sparsity && $0.source == source && $0.data == data
        }
    }
}
