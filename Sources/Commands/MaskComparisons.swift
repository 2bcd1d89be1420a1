internal import Checkpoints
internal import Foundation
internal import JSON
internal import MaskFiles
internal import Program
internal import Pruning
internal import Reports
internal import Session
internal import Studies
internal import Tasks
internal import Tensors
internal import Training

/// Prints how masks agree: each pair of them, or each mask of a run with those before.
func runMaskCompare(_ options: MaskCompare, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        if let run = options.runDirectory {
            guard options.sources.isEmpty else {
                throw UserError(.usage, "give masks or --run, not both")
            }
            let drift = try MaskDrift(run: run)
            print(options.json.isAsked ? drift.json.line : drift.text)
            return
        }
        guard options.sources.count >= 2 else {
            throw UserError(.usage, "give two masks or more, or --run RUN_DIR")
        }
        let stored = try options.sources.map {
            try StoredMask.load($0, includesBiases: options.biases?.includesBiases)
        }
        let comparisons = try MaskComparisons(stored)
        print(options.json.isAsked ? comparisons.json.line : comparisons.text)
    }
}

/// Definitions of IOU and overlap, for tables.
private let definitions = """
    IOU: weights kept by both / kept by either. Overlap: kept by both / kept by the one that keeps fewer.
    """

/// Every pair of several masks, over the pool and over each Transformer block.
struct MaskComparisons {
    /// Two masks.
    struct Pair {
        let first: Int
        let second: Int
        let whole: MaskComparison
        let layers: [MaskComparison]
    }

    /// Where the masks were read from.
    let paths: [String]
    /// The block numbers; nil is for parameters outside blocks.
    let layers: [Int?]
    /// All pairs, the earlier mask first.
    let pairs: [Pair]

    /// Compares masks of one pool, in the first one's parameter order.
    init(_ stored: [StoredMask]) throws(CheckpointError) {
        let pool = stored[0].pool
        var masks: [PruningMask] = []
        for one in stored { masks.append(try one.mask(for: pool)) }
        let groups = pool.groups(.layer)
        paths = stored.map(\.path)
        layers = groups.map { $0.first?.slot.role.layer }
        pairs = masks.indices.flatMap { first in
            masks.indices.dropFirst(first + 1).map { second in
                Pair(
                    first: first, second: second, whole: masks[first].comparison(with: masks[second]),
                    layers: groups.map { masks[first].comparison(with: masks[second], in: $0.poolRange) })
            }
        }
    }

    /// Matrices of all pairs, and a table by block.
    var text: String {
        let names = paths.indices.map { "[\($0 + 1)]" }
        let legend = zip(names, paths).map { "\($0) \($1)" }
        func table(_ head: String, _ columns: [String], _ rows: [[String]]) -> [String] {
            TextTable([.right(head)] + columns.map { .right($0) }, rows: rows).lines
        }
        func matrix(_ title: String, _ value: (MaskComparison) -> Double) -> [String] {
            let rows = paths.indices.map { row in
                [names[row]]
                    + paths.indices.map { column in
                        let pair = pairs.first {
                            ($0.first, $0.second) == (min(row, column), max(row, column))
                        }
                        return number(pair.map { value($0.whole) } ?? 1)
                    }
            }
            return ["", title] + table("", names, rows)
        }
        let blocks = layers.enumerated().map { index, layer in
            [layer.map(String.init) ?? "none"]
                + pairs.map { number($0.layers[index].intersectionOverUnion) }
        }
        return
            (legend + ["", definitions] + matrix("IOU:", \.intersectionOverUnion)
            + matrix("Overlap:", \.overlap)
            + matrix("IOU of unrelated masks of these sparsities:", \.expectedByChance)
            + ["", "IOU of each layer:"]
            + table("layer", pairs.map { "\($0.first + 1)-\($0.second + 1)" }, blocks))
            .joined(separator: "\n")
    }

    /// The same as one object.
    var json: JSONValue {
        .object([
            .init("masks", .array(paths.map(JSONValue.string))),
            .init(
                "pairs",
                .array(
                    pairs.map { pair in
                        let blocks = zip(layers, pair.layers).map { layer, comparison in
                            JSONValue.object(
                                [.init("layer", layer.map(JSONValue.integer) ?? .null)] + comparison.json)
                        }
                        return .object(
                            [
                                .init("first", .integer(pair.first)), .init("second", .integer(pair.second)),
                            ] + pair.whole.json + [.init("layers", .array(blocks))])
                    })),
        ])
    }
}

/// The masks of a run, each compared with the previous and the first.
struct MaskDrift {
    /// A mask of a run.
    struct Step {
        let update: Int
        let sparsity: Double
        let fromPrevious: MaskComparison
        let fromFirst: MaskComparison

        /// Weights kept that the previous mask had pruned.
        var revived: Int { fromPrevious.keptByFirst - fromPrevious.keptByBoth }
    }

    /// The run.
    let run: String
    /// Its masks, in the order of updates.
    let steps: [Step]

    init(run: String) throws {
        let directory = RunDirectory(path: run)
        let updates = directory.maskUpdates()
        guard let start = updates.first else {
            throw CheckpointError(run, "has no masks/step-N.safetensors: not the folder of a run that prunes")
        }
        let first = try StoredMask.load(directory.mask(start))
        var previous = first.mask
        self.run = run
        steps = try updates.map { update in
            let mask = try StoredMask.load(directory.mask(update)).mask(for: first.pool)
            defer { previous = mask }
            return Step(
                update: update, sparsity: mask.sparsity, fromPrevious: mask.comparison(with: previous),
                fromFirst: mask.comparison(with: first.mask))
        }
    }

    /// A line for each mask.
    var text: String {
        let table = TextTable(
            ["update", "sparsity %", "IOU before", "IOU first", "overlap first", "revived"].map {
                .right($0)
            },
            rows: steps.map { step in
                [
                    String(step.update), String(format: "%.4f", 100 * step.sparsity),
                    number(step.fromPrevious.intersectionOverUnion),
                    number(step.fromFirst.intersectionOverUnion), number(step.fromFirst.overlap),
                    String(step.revived),
                ]
            })
        return ([run, definitions, ""] + table.lines).joined(separator: "\n")
    }

    /// The same as one object.
    var json: JSONValue {
        .object([
            .init("run", .string(run)),
            .init(
                "masks",
                .array(
                    steps.map { step in
                        .object([
                            .init("step", .integer(step.update)), .init("sparsity", .number(step.sparsity)),
                            .init("iou_previous", .number(step.fromPrevious.intersectionOverUnion)),
                            .init("iou_initial", .number(step.fromFirst.intersectionOverUnion)),
                            .init("overlap_initial", .number(step.fromFirst.overlap)),
                            .init("revived", .integer(step.revived)),
                        ])
                    })),
        ])
    }
}

private func number(_ value: Double) -> String { String(format: "%.4f", value) }

extension MaskComparison {
    fileprivate var json: [JSONValue.Member] {
        [
            .init("iou", .number(intersectionOverUnion)), .init("overlap", .number(overlap)),
            .init("iou_by_chance", .number(expectedByChance)), .init("kept_by_both", .integer(keptByBoth)),
            .init("kept_by_first", .integer(keptByFirst)), .init("kept_by_second", .integer(keptBySecond)),
            .init("total", .integer(total)),
        ]
    }
}

extension RunDirectory {
    /// The updates after which masks were written, in order.
    func maskUpdates() -> [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path + "/masks")) ?? []
        return names.compactMap { name in
            guard name.hasPrefix("step-"), name.hasSuffix(".safetensors") else { return nil }
            return Int(name.dropFirst("step-".count).dropLast(".safetensors".count))
        }.sorted()
    }
}
