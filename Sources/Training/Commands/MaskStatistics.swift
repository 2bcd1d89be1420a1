internal import Checkpoints
internal import Foundation
internal import Pruning
internal import Tensors

/// What `parp mask stats` was asked for.
public struct MaskStatsOptions: Sendable {
    /// The mask, of any kind that can be read, or a model directory.
    public var source: String
    /// Whether a model directory's biases are counted.
    public var includesBiases: Bool
    /// Whether to print one JSON object instead of a table.
    public var json: Bool

    /// What to count, and how to say it.
    public init(source: String, includesBiases: Bool = true, json: Bool = false) {
        self.source = source
        self.includesBiases = includesBiases
        self.json = json
    }
}

/// Prints the sparsity of each Transformer block and each kind of projection.
public func runMaskStats(_ options: MaskStatsOptions, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        let stored = try StoredMask.load(options.source, includesBiases: options.includesBiases)
        let statistics = MaskStatistics(stored.mask, pool: stored.pool)
        print(options.json ? statistics.json(of: stored).line : statistics.text(of: stored))
    }
}

/// The sparsity of each Transformer block and each kind of projection, weights and biases together.
struct MaskStatistics {
    /// Weights, and how many of them are pruned.
    struct Count: Equatable {
        var total = 0
        var pruned = 0

        /// The share that is pruned; 0 of nothing.
        var sparsity: Double { total > 0 ? Double(pruned) / Double(total) : 0 }

        static func += (count: inout Count, other: Count) {
            count.total += other.total
            count.pruned += other.pruned
        }

        var json: [JSONValue.Member] {
            [
                .init("total", .integer(total)), .init("pruned", .integer(pruned)),
                .init("sparsity", .number(sparsity)),
            ]
        }
    }

    /// A block, or what belongs to none.
    struct Layer {
        let number: Int?
        var kinds: [ProjectionKind: Count] = [:]
        var all = Count()

        mutating func add(_ count: Count, _ kind: ProjectionKind) {
            kinds[kind, default: Count()] += count
            all += count
        }
    }

    /// The blocks, in the pool's order.
    private(set) var layers: [Layer] = []
    /// All of them together.
    private(set) var whole = Layer(number: nil)
    /// The kinds that occur.
    let kinds: [ProjectionKind]

    init(_ mask: PruningMask, pool: PrunablePool) {
        for group in pool.groups(.layer) {
            var layer = Layer(number: group.first.flatMap { PoolPlace($0.slot.name).layer })
            for member in group {
                let kept = mask.keptCount(in: member.range)
                let count = Count(total: member.range.count, pruned: member.range.count - kept)
                let kind = PoolPlace(member.slot.name).kind
                layer.add(count, kind)
                whole.add(count, kind)
            }
            layers.append(layer)
        }
        let present = whole.kinds
        // As people list them: q, k, v, not as the pool has them.
        kinds = [.query, .key, .value, .output, .firstFeedForward, .secondFeedForward, .other]
            .filter { present[$0] != nil }
    }

    /// A table of percentages.
    func text(of stored: StoredMask) -> String {
        func row(_ name: String, _ layer: Layer) -> String {
            let cells = kinds.map { layer.kinds[$0].map { percent($0.sparsity) } ?? "-" }
            return line([name] + cells + [percent(layer.all.sparsity)])
        }
        func line(_ cells: [String]) -> String {
            cells.enumerated().map { padded($1, to: $0 == 0 ? 6 : 9) }.joined()
        }
        let facts = stored.facts.sorted { $0.key < $1.key }.map { "  \($0.key) = \($0.value)" }
        let head = line(["layer"] + kinds.map(\.rawValue) + ["all"])
        let rows = layers.map { row($0.number.map(String.init) ?? "none", $0) }
        return
            (["\(stored.path): \(sparsityText(stored.mask))"] + facts
            + ["", "Pruned, in per cent:", head] + rows + [row("all", whole)]).joined(separator: "\n")
    }

    /// The same as one object.
    func json(of stored: StoredMask) -> JSONValue {
        func object(_ layer: Layer) -> [JSONValue.Member] {
            layer.all.json + [
                .init(
                    "kinds",
                    .object(kinds.map { .init($0.rawValue, .object((layer.kinds[$0] ?? Count()).json)) }))
            ]
        }
        let facts = stored.facts.sorted { $0.key < $1.key }
        return .object(
            [.init("path", .string(stored.path))] + object(whole) + [
                .init("provenance", .object(facts.map { .init($0.key, .string($0.value)) })),
                .init(
                    "layers",
                    .array(
                        layers.map { layer in
                            .object(
                                [.init("layer", layer.number.map(JSONValue.integer) ?? .null)]
                                    + object(layer))
                        })),
            ])
    }
}

/// A share in per cent, to a hundredth.
private func percent(_ share: Double) -> String { String(format: "%.2f", 100 * share) }

/// A cell of a table: flush right.
func padded(_ text: String, to width: Int) -> String {
    String(repeating: " ", count: max(1, width - text.count)) + text
}
