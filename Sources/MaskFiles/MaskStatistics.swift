internal import Foundation
package import JSON
package import Pruning
package import Tensors

/// The sparsity of each Transformer block and each kind of projection, weights and biases together.
package struct MaskStatistics {
    /// The number of weights, and of pruned ones.
    package struct Count: Equatable {
        package var total = 0
        package var pruned = 0

        /// The pruned share; 0 if empty.
        package var sparsity: Double { total > 0 ? Double(pruned) / Double(total) : 0 }

        package static func += (count: inout Count, other: Count) {
            count.total += other.total
            count.pruned += other.pruned
        }

        package var json: [JSONValue.Member] {
            [
                .init("total", .integer(total)), .init("pruned", .integer(pruned)),
                .init("sparsity", .number(sparsity)),
            ]
        }
    }

    /// A block, or parameters outside blocks.
    package struct Layer {
        package let number: Int?
        package var kinds: [ProjectionKind: Count] = [:]
        package var all = Count()

        package mutating func add(_ count: Count, _ kind: ProjectionKind) {
            kinds[kind, default: Count()] += count
            all += count
        }
    }

    /// The blocks, in the pool's order.
    package private(set) var layers: [Layer] = []
    /// All of them together.
    package private(set) var whole = Layer(number: nil)
    /// The kinds that occur.
    package let kinds: [ProjectionKind]

    package init(_ mask: PruningMask, pool: PrunablePool) {
        for group in pool.groups(.layer) {
            var layer = Layer(number: group.first?.slot.role.layer)
            for member in group {
                let kept = mask.keptCount(in: member.range)
                let count = Count(total: member.range.count, pruned: member.range.count - kept)
                let kind = member.slot.role.kind
                layer.add(count, kind)
                whole.add(count, kind)
            }
            layers.append(layer)
        }
        let present = whole.kinds
        // In the usual order, q, k, v, not the pool's.
        kinds = [.query, .key, .value, .output, .firstFeedForward, .secondFeedForward, .other]
            .filter { present[$0] != nil }
    }

    /// The counts of the whole pool and of each block.
    package func json(of stored: StoredMask) -> JSONValue {
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

/// `42 of 100 prunable weights are pruned (42.0000 %)`.
package func sparsityText(_ mask: PruningMask) -> String {
    "\(mask.prunedCount) of \(mask.count) prunable weights are pruned "
        + String(format: "(%.4f %%)", 100 * mask.sparsity)
}
