internal import Batching
internal import Checkpoints
internal import Foundation
internal import JSON
internal import Pruning
internal import Recipe
internal import Reports
internal import Tasks
internal import Training

/// The files in which a comparison is read: Markdown, CSV, JSON and plots.
struct ComparisonReport {
    let comparison: Comparison
    let table: ComparisonTable
    let masks: ComparisonMasks

    init(_ comparison: Comparison) throws {
        self.comparison = comparison
        table = try ComparisonTable(comparison)
        masks = try ComparisonMasks(table, includesBiases: comparison.recipe.prunesBiases)
    }

    /// The number that methods are compared by, as it is written.
    var metric: String { comparison.recipe.metricName }
    /// The same, as an axis says it.
    var metricTitle: String { metric == "loss" ? "loss, nats an utterance" : metric.uppercased() + ", %" }
    /// What the metric is multiplied by where people read it.
    var metricScale: Double { metric == "loss" ? 1 : 100 }

    /// Writes all of them into the comparison's folder.
    func write() throws {
        let folder = comparison.options.output
        func write(_ text: String, _ name: String) throws {
            try AtomicFile.write(Data(text.utf8), to: "\(folder)/\(name)")
        }
        let plots = self.plots
        for plot in plots { try write(plot.svg, plot.name + ".svg") }
        try write(markdown(plots: plots.map(\.name)), "comparison.md")
        try write(csv, "comparison.csv")
        try write(json.text() + "\n", "comparison.json")
    }

    /// What the screen says in the end.
    var summary: String {
        let missing = table.missing > 0 ? "; \(table.missing) subnetworks are missing" : ""
        return (errorTables + ["", "\(comparison.options.output)/comparison.md" + missing])
            .joined(separator: "\n")
    }

    /// A row for each method, sparsity and language.
    private var csv: String {
        let phases = RunCost.Phase.allCases
        var lines = [
            "data,source,method,sparsity,seeds,wer_mean,wer_sd,cer_mean,cer_sd,loss_mean,loss_sd,sparsity_counted,"
                + "iou_first_mask,runs,updates,audio_seconds,flops,gradient_bytes,mask_bytes,core_seconds,"
                + phases.map { "core_seconds_\($0.rawValue)" }.joined(separator: ",")
        ]
        for row in table.rows {
            let cost = row.cost
            func cells(_ spread: Spread) -> [String] {
                [number(spread.mean), spread.deviation.map(number) ?? ""]
            }
            var fields = [row.data, row.source ?? "", row.method.rawValue, "\(row.sparsity)"]
            fields.append(row.entries.map { "\($0.seed)" }.joined(separator: " "))
            fields += cells(row.spread(\.errors.words)) + cells(row.spread(\.errors.characters))
            fields += cells(row.spread { $0.errors.loss ?? .nan })
            fields += [number(row.spread(\.sparsity).mean), row.drift.map { number($0.mean) } ?? ""]
            fields += [
                "\(cost.runs)", "\(cost.updates)", number(cost.audioSeconds), number(cost.operations),
                number(cost.gradientBytes), number(cost.maskBytes), number(cost.allCoreSeconds),
            ]
            fields += phases.map { number(cost.coreSeconds[$0] ?? 0) }
            lines.append(fields.joined(separator: ","))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "" }

    /// Everything, each seed by itself too.
    private var json: JSONValue {
        func errors(_ errors: RunRecord.Errors) -> [JSONValue.Member] {
            [.init("wer", .number(errors.words)), .init("cer", .number(errors.characters))]
                + (errors.loss.map { [.init("loss", .number($0))] } ?? [])
        }
        let rows = table.rows.map { row -> JSONValue in
            let seeds = row.entries.map { entry -> JSONValue in
                let languages = entry.record.languages.sorted { $0.key < $1.key }
                    .map { JSONValue.Member($0.key, .object(errors($0.value))) }
                return .object(
                    [.init("seed", .integer(entry.seed)), .init("run", .string(entry.folder))]
                        + errors(entry.record.errors) + [
                            .init("sparsity", .number(entry.record.sparsity)),
                            .init("languages", .object(languages)), .init("cost", entry.cost.json),
                        ])
            }
            return .object([
                .init("data", .string(row.data)), .init("source", row.source.map(JSONValue.string) ?? .null),
                .init("method", .string(row.method.rawValue)), .init("sparsity", .number(row.sparsity)),
                .init("wer", row.spread(\.errors.words).json),
                .init("cer", row.spread(\.errors.characters).json),
                .init("iou_first_mask", row.drift.map(\.json) ?? .null), .init("cost", row.cost.json),
                .init("seeds", .array(seeds)),
            ])
        }
        return .object([
            .init("recipe", .string(comparison.options.recipe)),
            .init("changes", .array(comparison.options.overrides.map(JSONValue.string))),
            .init("metric", .string(metric)), .init("missing", .integer(table.missing)),
            .init("rows", .array(rows)), .init("totals", .array(totals.map(\.json))),
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
    /// IOU of the final mask with the first, where the mask moves.
    var drift: Spread? {
        guard method != .dense && !method.hasOneMask else { return nil }
        return Spread(values: entries.compactMap(\.record.drift))
    }
}

/// What a method takes for all of its subnetworks together: runs that several need are counted once.
struct MethodTotal: Sendable {
    let method: ComparedMethod
    let subnetworks: Int
    let cost: RunCost

    /// As an object.
    var json: JSONValue {
        .object([
            .init("method", .string(method.rawValue)), .init("subnetworks", .integer(subnetworks)),
            .init("cost", cost.json),
        ])
    }
}

extension ComparisonReport {
    /// The total of each method; transfers are no part of it.
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
