internal import Batching
internal import Checkpoints
internal import Foundation
internal import JSON
internal import Pruning
internal import Recipe
internal import Reports
internal import Tasks
internal import Training

/// The report files of a comparison: a page, Markdown, CSV, JSON and plots.
struct ComparisonReport {
    let comparison: Comparison
    let table: ComparisonTable
    let masks: ComparisonMasks
    /// Other comparisons whose methods this one's are also compared with.
    let neighbours: [NeighbourTable]
    /// Where the metric of each row may lie, of those whose models were judged example by example.
    let intervals: [ComparedSubject: ClosedRange<Double>]

    init(_ comparison: Comparison) throws {
        self.comparison = comparison
        let metric = comparison.recipe.metric
        var table = try ComparisonTable(comparison)
        table.resample(by: metric)
        self.table = table
        masks = try ComparisonMasks(table, includesBiases: comparison.recipe.prunesBiases)
        neighbours = try comparison.neighbours().map { $0.resampled(by: metric) }
        intervals = Dictionary(
            table.rows.compactMap { row in
                row.samples.flatMap(Bootstrap.interval(of:)).map { (row.subject, $0) }
            }, uniquingKeysWith: { first, _ in first })
    }

    /// The task of all runs.
    var task: TaskKind { comparison.recipe.task }
    /// The metric for comparing methods.
    var metric: MetricSpec { comparison.recipe.metric }

    /// Writes all of them into the comparison's folder.
    func write() throws {
        let folder = comparison.options.output
        func write(_ text: String, _ name: String) throws {
            try AtomicFile.write(Data(text.utf8), to: "\(folder)/\(name)")
        }
        let plots = self.plots
        for plot in plots { try write(plot.svg, plot.name + ".svg") }
        try write(markdown(plots: plots.map(\.name)), "comparison.md")
        try write(ComparisonPage(report: self).html, "comparison.html")
        try write(csv, "comparison.csv")
        try write(differenceCSV, "differences.csv")
        try write(json.text() + "\n", "comparison.json")
    }

    /// The summary printed at the end.
    var summary: String {
        let missing = table.missing > 0 ? "; \(missingText)" : ""
        return (errorTables.flatMap(\.markdown) + ["\(comparison.options.output)/comparison.html" + missing])
            .joined(separator: "\n")
    }

    /// A row for each method, sparsity and language.
    private var csv: String {
        let phases = RunCost.Phase.allCases
        var lines = [
            "data,source,method,sparsity,length,learning_rate,seeds,"
                + task.choices.map { "\($0.name)_mean,\($0.name)_sd," }.joined() + "sparsity_counted,"
                + "iou_first_mask,runs,updates,\(task.workUnit.field),flops,gradient_bytes,mask_bytes,core_seconds,"
                + phases.map { "core_seconds_\($0.rawValue)" }.joined(separator: ",")
        ]
        for row in table.rows {
            let cost = row.cost
            func cells(_ spread: Spread) -> [String] {
                [number(spread.mean), spread.deviation.map(number) ?? ""]
            }
            var fields = [row.data, row.source ?? "", row.method.rawValue, "\(row.sparsity)"]
            fields += ["\(row.length)", row.rate.map(number) ?? ""]
            fields.append(row.entries.map { "\($0.seed)" }.joined(separator: " "))
            for metric in task.choices { fields += cells(row.spread { $0.value(of: metric) }) }
            fields += [number(row.spread(\.sparsity).mean), row.drift.map { number($0.mean) } ?? ""]
            fields += [
                "\(cost.runs)", "\(cost.updates)", number(cost.workload), number(cost.operations),
                number(cost.gradientBytes), number(cost.maskBytes), number(cost.allCoreSeconds),
            ]
            fields += phases.map { number(cost.coreSeconds[$0] ?? 0) }
            lines.append(fields.joined(separator: ","))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "" }

    /// Everything, including each seed.
    private var json: JSONValue {
        func members(_ metrics: [String: Double]) -> [JSONValue.Member] {
            task.choices.compactMap { metric in
                metrics[metric.name].map { .init(metric.name, .number($0)) }
            }
        }
        let rows = table.rows.map { row -> JSONValue in
            let seeds = row.entries.map { entry -> JSONValue in
                let languages = entry.record.languages.sorted { $0.key < $1.key }
                    .map { JSONValue.Member($0.key, .object(members($0.value))) }
                return .object(
                    [.init("seed", .integer(entry.seed)), .init("run", .string(entry.folder))]
                        + members(entry.record.metrics) + [
                            .init("sparsity", .number(entry.record.sparsity)),
                            .init("languages", .object(languages)),
                            .init("cost", entry.cost.json(task.workUnit)),
                        ])
            }
            let spreads = task.metrics.map { metric in
                JSONValue.Member(metric.name, row.spread { $0.value(of: metric) }.json)
            }
            return .object(
                [
                    .init("data", .string(row.data)),
                    .init("source", row.source.map(JSONValue.string) ?? .null),
                    .init("method", .string(row.method.rawValue)), .init("sparsity", .number(row.sparsity)),
                    .init("length", .integer(row.length)),
                    .init("learning_rate", row.rate.map(JSONValue.number) ?? .null),
                ] + spreads + [
                    .init("iou_first_mask", row.drift.map(\.json) ?? .null),
                    .init("cost", row.cost.json(task.workUnit)), .init("seeds", .array(seeds)),
                ])
        }
        return .object([
            .init("recipe", .string(comparison.options.recipe)),
            .init("changes", .array(comparison.options.overrides.map(JSONValue.string))),
            .init("metric", .string(metric.name)), .init("missing", .integer(table.missing)),
            .init("rows", .array(rows)), .init("totals", .array(totals.map { $0.json(task.workUnit) })),
            .init("masks", masks.json),
        ])
    }
}

extension Spread {
    /// As an object.
    var json: JSONValue {
        .object([.init("mean", .number(mean)), .init("sd", deviation.map(JSONValue.number) ?? .null)])
    }
}

extension ComparisonTable.Row {
    /// IOU of the final mask with the first, if the mask moves.
    var drift: Spread? {
        guard method != .dense && !method.hasOneMask else { return nil }
        return Spread(values: entries.compactMap(\.record.drift))
    }
}

/// The cost of a method for all of its subnetworks; shared runs are counted once.
struct MethodTotal: Sendable {
    let method: ComparedMethod
    let subnetworks: Int
    let cost: RunCost

    /// As an object.
    func json(_ unit: WorkUnit) -> JSONValue {
        .object([
            .init("method", .string(method.rawValue)), .init("subnetworks", .integer(subnetworks)),
            .init("cost", cost.json(unit)),
        ])
    }
}

extension ComparisonReport {
    /// The total of each method, without transfers.
    var totals: [MethodTotal] {
        ComparedMethod.allCases.compactMap { method in
            let cells = comparison.plan.cells.filter { $0.method == method && $0.source == nil }
            let names = Set(cells.flatMap(\.runs))
            let costs = names.compactMap { table.records[$0]?.cost }
            guard !costs.isEmpty else { return nil }
            return MethodTotal(method: method, subnetworks: cells.count, cost: RunCost.sum(costs))
        }
    }
}
