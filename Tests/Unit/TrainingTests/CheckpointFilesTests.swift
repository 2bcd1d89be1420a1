import Collectives
import Foundation
import Pruning
import Tensors
import TestSupport
import Testing

@testable import Training

struct CheckpointFilesTests {
    private let layout: ParameterLayout

    init() {
        var layout = ParameterLayout()
        _ = layout.add("weight", [40, 8], role: .prunable(layer: 0, kind: .other))
        _ = layout.add("bias", [40])
        self.layout = layout
    }

    /// A method that holds its mask from an update on.
    private func method(holdingFrom share: Double) -> PruningMethod {
        var axes = PruningAxes()
        axes.holdFrom = share
        return PruningMethod(name: "test", sparsity: 0.75, axes: axes, masksAfter: [], updates: 10)
    }

    /// A mask authority with a mask that keeps every fourth weight.
    private func masks() -> MaskAuthority {
        var masks = MaskAuthority(pool: PrunablePool(layout), communicator: SoloCommunicator())
        let count = masks.pool.count
        let mask = PruningMask(
            bits: [UInt64](repeating: 0x1111_1111_1111_1111, count: (count + 63) / 64), count: count)
        masks.restore(current: mask, initial: mask)
        return masks
    }

    /// Whether an element is no pruned weight.
    private func isKept(_ index: Int) -> Bool {
        index >= layout.slots[0].shape.count || index % 4 == 0
    }

    /// A number for each of these, and 0 for all others, also between parameters.
    private func numbers(times factor: Int) -> [Float] {
        var numbers = [Float](repeating: 0, count: layout.count)
        for slot in layout.slots {
            for index in slot.range where isKept(index) { numbers[index] = Float(index * factor) }
        }
        return numbers
    }

    /// A store whose moments are those of what the mask keeps, if a method holds that.
    private func store(moments kept: KeptElements?) -> ParameterStore {
        var store = ParameterStore(layout: layout)
        store.values.all.copy(from: numbers(times: 1))
        store.moments.first.all.copy(from: numbers(times: 2))
        store.moments.second.all.copy(from: numbers(times: 3))
        store.moments.keep(kept)
        return store
    }

    /// Writes a checkpoint after five of ten updates and reads it again.
    private func reread(
        written: PruningMethod, read: PruningMethod
    ) throws -> (first: [Float], second: [Float], momentCount: Int, bytes: Int) {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/step-5"
        var masks = masks()
        let kept = masks.heldElements(under: written, afterUpdates: 5, of: layout.count)
        let state = CheckpointState(update: 5, seed: 1)
        func pruning(_ method: PruningMethod) -> PruningState {
            PruningState(method: method, pool: masks.pool, elementCount: layout.count)
        }
        try CheckpointFiles.write(
            state, store: store(moments: kept), pruning: pruning(written), masks: masks, to: path, midway: {})
        var other = ParameterStore(layout: layout)
        #expect(
            try CheckpointFiles.read(path, into: &other, pruning: pruning(read), masks: &masks).update == 5)
        let momentCount = other.moments.first.count
        other.moments.keep(nil)
        let size = try FileManager.default.attributesOfItem(atPath: path + "/state.safetensors")[.size]
        return (
            other.moments.first.all.array(), other.moments.second.all.array(), momentCount,
            size as? Int ?? 0
        )
    }

    @Test("a checkpoint of a held mask has kept weights' moments alone, and is read back to the bit")
    func held() throws {
        let held = method(holdingFrom: 0)
        let found = try reread(written: held, read: held)
        let pruned = (0..<layout.count).count { !isKept($0) }
        #expect(pruned == 240 && found.momentCount == layout.count - pruned)
        #expect(found.first == numbers(times: 2) && found.second == numbers(times: 3))
        let dense = try reread(written: method(holdingFrom: 1), read: method(holdingFrom: 1))
        #expect(dense.momentCount == layout.count)
        // Headers differ by some bytes.
        #expect(abs(dense.bytes - found.bytes - 2 * 4 * pruned) < 64)
    }

    @Test("a run that holds its mask earlier or later than its checkpoint's goes on with the same moments")
    func otherHold() throws {
        let (held, later) = (method(holdingFrom: 0.2), method(holdingFrom: 0.8))
        let shrunk = try reread(written: later, read: held)
        let grown = try reread(written: held, read: later)
        #expect(shrunk.momentCount == layout.count - 240 && grown.momentCount == layout.count)
        #expect(shrunk.first == grown.first && shrunk.second == grown.second)
        #expect(grown.second == numbers(times: 3))
    }
}
