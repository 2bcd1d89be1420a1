import Checkpoints
import Foundation
import Program
import Pruning
import Tensors
import TestSupport
import Testing

@testable import MaskFiles
@testable import Recipe

struct MaskFileTests {
    private let folder: TemporaryFolder
    private let pool: PrunablePool
    private let mask: PruningMask

    init() throws {
        folder = try TemporaryFolder()
        var layout = ParameterLayout()
        _ = layout.add(
            "encoder.layers.0.attention.k_proj.weight", [5, 7], role: .prunable(layer: 0, kind: .key))
        _ = layout.add("encoder.layers.0.attention.k_proj.bias", [5], role: .prunable(layer: 0, kind: .key))
        _ = layout.add(
            "encoder.layers.1.attention.k_proj.weight", [4, 16], role: .prunable(layer: 1, kind: .key))
        pool = PrunablePool(layout)
        mask = PruningMask(bits: [0x1234_5678_9ABC_DEF0, 0x0F1E_2D3C_4B5A], count: pool.count)
    }

    private var path: String { folder.path + "/mask.safetensors" }
    private let provenance = MaskProvenance(
        method: "parp", update: 50, sparsityTarget: 0.5, threshold: 0.25, scope: .layer, seed: 7,
        parent: "models/base", parentHash: "abc", weightsHash: 1)

    @Test("what is written is read: bits, names, shapes and order, and where the mask comes from")
    func roundTrip() throws {
        try MaskFile.write(mask, pool: pool, provenance: provenance, to: path)
        let stored = try StoredMask.load(path)
        #expect(stored.mask == mask && stored.path == path)
        #expect(stored.pool.members.map(\.slot.name) == pool.members.map(\.slot.name))
        #expect(stored.pool.members.map(\.slot.shape) == pool.members.map(\.slot.shape))
        let expected = [
            "method": "parp", "step": "50", "sparsity_target": "0.5", "threshold": "0.25", "scope": "layer",
            "seed": "7", "parent": "models/base", "parent_hash": "abc", "origin": "magnitude",
            "weights_hash": "0000000000000001", "tool_version": parpVersion,
            "tie_rule": "first in the pool is pruned first",
        ]
        #expect(stored.facts == expected)
        #expect(try stored.mask(for: pool) == mask)
    }

    @Test("the same mask is the same file")
    func deterministic() throws {
        try MaskFile.write(mask, pool: pool, provenance: provenance, to: path)
        let first = try Data(contentsOf: URL(fileURLWithPath: path))
        try MaskFile.write(mask, pool: pool, provenance: provenance, to: path)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == first)
    }

    @Test("a mask goes to a pool of another order, and to names with a model's prefix")
    func otherOrder() throws {
        var layout = ParameterLayout()
        for member in pool.members.reversed() {
            _ = layout.add("wav2vec2." + member.slot.name, member.slot.shape, role: member.slot.role)
        }
        let other = PrunablePool(layout)
        let stored = StoredMask(
            path: "m", parameters: pool.members.map { ($0.slot.name, $0.slot.shape) }, mask: mask)
        let moved = try stored.mask(for: other)
        for (to, from) in zip(other.members, pool.members.reversed()) {
            let isSame = zip(to.range, from.range).allSatisfy { moved[$0] == mask[$1] }
            #expect(isSame, "\(from.slot.name)")
        }
    }

    @Test("a mask of another pool is refused: what is missing, too many or of another shape is named")
    func otherPools() throws {
        let names = pool.members.map { ($0.slot.name, $0.slot.shape) }
        let stored = StoredMask(path: "m", parameters: names, mask: mask)
        func fault(_ parameters: [StoredMask.Parameter]) -> String {
            var layout = ParameterLayout()
            for (name, shape) in parameters { _ = layout.add(name, shape, role: PoolPlace(name).role) }
            return TestSupport.fault { try stored.mask(for: PrunablePool(layout)) }
        }
        #expect(fault(names + [("lm_head.weight", Shape([2, 2]))]).contains("has no mask of lm_head.weight"))
        #expect(fault(names.dropLast()).contains("masks encoder.layers.1.attention.k_proj.weight, which"))
        #expect(
            fault(names.dropLast() + [(names[2].0, Shape([16, 4]))]).contains("as (4, 16), but it is (16, 4)")
        )
    }

    /// A mask file with the given metadata and tensors.
    private func write(_ changes: [String: String?], _ tensors: [String: [UInt8]]? = nil) throws {
        var metadata: [String: String] = [
            "format": "parp-mask", "bit_order": "little", "parameters": "{\"a.weight\": [2, 5]}",
            "mask_hash": ContentHash.text(PruningMask(bits: [0x3FF], count: 10).hash),
        ]
        for (key, value) in changes { metadata[key] = value }
        var writer = SafetensorsWriter(metadata: metadata)
        for (name, bytes) in tensors ?? ["a.weight": [0xFF, 0x03]] { writer.add(name, bytes: bytes) }
        try writer.write(to: path)
    }

    @Test("inconsistent files are refused with what is wrong: shapes, names, bits after the end, hash, order")
    func hostile() throws {
        try write([:])
        #expect(try StoredMask.load(path).mask.count == 10)
        let lies: [([String: String?], [String: [UInt8]]?, String)] = [
            (["format": "other"], nil, "holds no mask"),
            (["bit_order": "big"], nil, "bit order is big"),
            (["bit_order": nil], nil, "bit order is not stated"),
            (["parameters": nil], nil, "does not say the parameters' shapes"),
            (["parameters": "[["], nil, "shapes in its metadata are broken"),
            (["parameters": "{\"a.weight\": [2, 5], \"a.weight\": [2, 5]}"], nil, "are broken"),
            (["parameters": "{\"a.weight\": [-2, -5]}"], nil, "no shape that can be"),
            (["parameters": "{\"a.weight\": [9223372036854775807, 2]}"], nil, "no shape that can be"),
            (["parameters": "{\"a.weight\": [0, 68719476736]}"], nil, "no shape that can be"),
            (["parameters": "{\"a.weight\": [2, 9]}"], nil, "is not a mask of its shape (2, 9)"),
            (["parameters": "{\"b.weight\": [2, 5]}"], nil, "lists other parameters"),
            ([:], ["a.weight": [0xFF, 0x07]], "bits after its 10 weights"),
            ([:], ["a.weight": [0xFF, 0x01]], "was changed or damaged"),
            ([:], ["a.weight": [0xFF, 0x03], "b": [1]], "lists other parameters"),
            (["mask_hash": nil], nil, "metadata says none"),
        ]
        for (changes, tensors, expected) in lies {
            try write(changes, tensors)
            let found = fault { try StoredMask.load(path) }
            #expect(found.contains(expected), "\(found)")
            #expect(found.contains(path), "\(found)")
        }
    }

    @Test("mutated mask files never end the process, and none that is read differs from the mask")
    func mutated() throws {
        try MaskFile.write(mask, pool: pool, provenance: provenance, to: path)
        let original = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        var read = 0
        for content in mutations(of: original, count: 2000, seed: 11) {
            try Data(content).write(to: URL(fileURLWithPath: path))
            guard let stored = try? StoredMask.load(path) else { continue }
            read += 1
            #expect(stored.mask == mask)
        }
        // Changes in a provenance's text leave a mask that can be read.
        #expect(read > 0 && read < 1000)
    }
}
