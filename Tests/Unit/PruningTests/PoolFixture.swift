import Pruning
import Tensors
import TestSupport

/// A store whose pool has parameters of odd sizes, so that none but the first starts at a multiple of 64,
/// with kept parameters before, between and after them.
struct PoolFixture: ~Copyable {
    let layout: ParameterLayout
    let pool: PrunablePool
    let store: FlatBuffer

    /// A store of `wave` numbers; `layers` says which block each parameter belongs to.
    init(sizes: [Int] = [21, 64, 1, 260, 63], includesBiases: Bool = true, layers: [Int]? = nil) {
        var layout = ParameterLayout()
        _ = layout.add("kept.first", [19])
        for (index, size) in sizes.enumerated() {
            let block = layers.map { "layers.\($0[index])." } ?? ""
            let name = "\(block)weight.\(index)"
            _ = layout.add(name, [1, size], role: PoolPlace(name).role)
            _ = layout.add("kept.\(index)", [index + 1])
        }
        self.layout = layout
        pool = PrunablePool(layout, includesBiases: includesBiases)
        store = FlatBuffer(count: layout.count)
        store.all.copy(from: wave(layout.count, phase: 0.3))
    }

    var values: Tensor { store.all }

    /// The pool's weights in its order.
    var poolValues: [Float] {
        get { pool.members.flatMap { store[$0.slot.range].array() } }
        nonmutating set {
            precondition(newValue.count == pool.count, "\(newValue.count) weights for \(pool.count)")
            for member in pool.members {
                store[member.slot.range].copy(from: Array(newValue[member.range]))
            }
        }
    }

    /// The bits of everything outside the pool, the gaps between parameters included.
    var bitsOutside: [UInt32] {
        let inside = Set(pool.members.flatMap { Array($0.slot.range) })
        return values.array().indices.filter { !inside.contains($0) }.map { values[$0].bitPattern }
    }

    /// Copies of every size that pools are tested with.
    static let sizes = [
        [], [0], [1], [63], [64], [65], [128], [21, 64, 1, 260, 63], [1, 1, 1], [5, 0, 700],
    ]
}

/// Sparsities at the ends, between, and where s · N is a half.
let testedSparsities = [0, 1e-9, 0.1, 0.25, 0.3, 0.5, 0.625, 0.9, 0.999, 1]

/// A mask found by sorting: what the histograms must find, too.
func sortedMask(_ weights: [Float], pruned: Int) -> [Bool] {
    let order = weights.indices.sorted { left, right in
        (weights[left].magnitude, left) < (weights[right].magnitude, right)
    }
    var kept = [Bool](repeating: true, count: weights.count)
    for index in order.prefix(pruned) { kept[index] = false }
    return kept
}

extension PruningMask {
    /// A bit a weight.
    var kept: [Bool] { (0..<count).map { self[$0] } }

    /// The mask that keeps where `kept` says so.
    init(kept: [Bool]) {
        var bits = [UInt64](repeating: 0, count: (kept.count + 63) / 64)
        for (index, keeps) in kept.enumerated() where keeps { bits[index / 64] |= 1 << UInt64(index % 64) }
        self.init(bits: bits, count: kept.count)
    }
}
