internal import Foundation
internal import JSON
internal import MaskFiles
internal import Pruning
internal import Reports
internal import Session
internal import Tasks
internal import Training

/// How a comparison's final masks agree, and their distribution over layers; means over seeds.
struct ComparisonMasks: Sendable {
    /// Masks of one sparsity in one language, or of one method across languages.
    struct Group: Sendable {
        /// Its name in files.
        let name: String
        /// Its title in plots and tables.
        let title: String
        /// The labels of the masks.
        let labels: [String]
        /// IOU of each pair, row by row.
        let agreement: [[Double]]
        /// The IOU of independent masks of this sparsity.
        let chance: Double
        /// The sparsity of each Transformer block, a row for each mask.
        let layers: [[Double]]
    }

    /// Methods against each other, a group for each language and sparsity.
    let methods: [Group]
    /// Languages against each other, a group for each method and sparsity.
    let languages: [Group]

    /// Reads and compares the final masks of a table's rows.
    init(_ table: ComparisonTable, includesBiases: Bool) throws {
        let masked = table.rows.filter { $0.source == nil && $0.length == 1 && $0.sparsity > 0 }
        func groups(
            of subject: (ComparisonTable.Row) -> String, label: (ComparisonTable.Row) -> String
        ) throws -> [Group] {
            func key(_ row: ComparisonTable.Row) -> String {
                (subject(row).isEmpty ? "" : subject(row) + "-") + "\(row.sparsity)"
            }
            var order: [String] = []
            for row in masked where !order.contains(key(row)) { order.append(key(row)) }
            return try order.compactMap { name in
                let rows = masked.filter { key($0) == name }
                guard rows.count > 1 else { return nil }
                let share = String(format: "%g %%", 100 * rows[0].sparsity)
                return try Self.group(
                    name, title: [subject(rows[0]), share].filter { !$0.isEmpty }.joined(separator: ", "),
                    rows: rows, labels: rows.map(label), includesBiases: includesBiases)
            }
        }
        methods = try groups(of: \.data, label: \.method.rawValue)
        languages = try groups(of: \.method.rawValue, label: \.data)
    }

    private static func group(
        _ name: String, title: String, rows: [ComparisonTable.Row], labels: [String], includesBiases: Bool
    ) throws -> Group? {
        let seeds = rows[0].entries.map(\.seed).filter { seed in
            rows.allSatisfy { $0.entries.contains { $0.seed == seed && $0.record.mask != nil } }
        }
        var agreement = rows.map { _ in rows.map { _ in 0.0 } }
        var layers: [[Double]] = []
        var chance = 0.0
        for seed in seeds {
            let files = rows.compactMap { row in
                row.entries.first { $0.seed == seed }?.record.mask
            }
            let masks = try MaskCollection(files, includesBiases: includesBiases)
            for (first, second) in pairs(rows.count) {
                let comparison = masks.comparison(first, second)
                agreement[first][second] += comparison.intersectionOverUnion / Double(seeds.count)
                agreement[second][first] = agreement[first][second]
                chance = comparison.expectedByChance
            }
            let sparsities = files.indices.map { masks.layerSparsities($0).map { $0 / Double(seeds.count) } }
            layers = layers.isEmpty ? sparsities : zip(layers, sparsities).map { zip($0, $1).map(+) }
        }
        for index in rows.indices { agreement[index][index] = 1 }
        guard !seeds.isEmpty else { return nil }
        return Group(
            name: name, title: title, labels: labels, agreement: agreement, chance: chance, layers: layers)
    }

    private static func pairs(_ count: Int) -> [(Int, Int)] {
        (0..<count).flatMap { first in (first + 1..<max(first + 1, count)).map { (first, $0) } }
    }

    /// As an object.
    var json: JSONValue {
        func groups(_ groups: [Group]) -> JSONValue {
            func rows(_ rows: [[Double]]) -> JSONValue {
                .array(rows.map { .array($0.map(JSONValue.number)) })
            }
            return .object(
                groups.map { group in
                    .init(
                        group.name,
                        .object([
                            .init("labels", .array(group.labels.map(JSONValue.string))),
                            .init("iou", rows(group.agreement)),
                            .init("iou_by_chance", .number(group.chance)),
                            .init("layer_sparsity", rows(group.layers)),
                        ]))
                })
        }
        return .object([.init("methods", groups(methods)), .init("languages", groups(languages))])
    }
}
