import ArgumentParser
import Checkpoints
import Collectives
import Foundation
import Models
import Pruning
import Session
import Tensors
import TestSupport
import Testing

@testable import Commands
@testable import MaskFiles
@testable import Training

/// Masks as other tools hold them; Tests/Golden/make_masks.py made them from models/tiny-group at 40 %.
struct MaskFormatsTests {
    private let folder: TemporaryFolder
    private let session = Session(communicator: SoloCommunicator())
    private let model = goldenFolder + "/models/tiny-group"

    init() throws { folder = try TemporaryFolder() }

    private func golden(_ name: String) -> String { "\(goldenFolder)/masks/\(name)" }
    private func file(_ name: String) -> String { folder.path + "/" + name }

    /// `parp mask convert`, with the model's weights where the format holds some.
    private func convert(_ mask: String, to format: MaskFormat, _ output: String) throws {
        let weights = format == .parp ? [] : ["--model", model]
        try runMaskConvert(
            .parse([mask, "--to", format.rawValue, "--output", output] + weights), session: session)
    }

    /// `parp mask apply`.
    private func apply(_ mask: String, to model: String, _ output: String) throws {
        try runMaskApply(
            .parse(["--mask", mask, "--model", model, "--output", output]), session: session)
    }

    /// Whether a mask is that of the model's magnitudes, weight for weight.
    private func isOwn(_ stored: StoredMask, _ scope: PruningScope) throws -> Bool {
        let golden = try GoldenModel(directory: model)
        let pool = PrunablePool(golden.network.layout, includesBiases: stored.includesBiases)
        let own = try magnitudeMask(
            values: golden.store.values.all, pool: pool, sparsity: 0.4, scope: scope)
        return try stored.mask(for: pool) == own.mask
    }

    @Test("what a name says of a parameter is what the network registered, in every family")
    func places() {
        let extras: PrunableExtras = [.pooler, .embeddings, .relativePositions]
        let layouts = [
            Wav2Vec2(ModelPreset.tiny.configuration).layout,
            SequenceClassifier(.bert(BertConfiguration()), extras: extras).layout,
            SequenceClassifier(.xlnet(XLNetConfiguration()), extras: extras).layout,
        ]
        for slot in layouts.flatMap(\.prunableSlots) {
            #expect(PoolPlace(slot.name).role == slot.role, "\(slot.name)")
        }
    }

    @Test("torch's global pruning of the pool is ours, weight for weight, and reads from its state dict")
    func torch() throws {
        let stored = try StoredMask.load(golden("state.pt"))
        #expect(stored.mask.prunedCount == 6733 && stored.mask.count == 16832)
        #expect(try isOwn(stored, .global) && !isOwn(stored, .layer))
    }

    @Test("torch's pruning of every block by itself is ours of scope layer, weight for weight")
    func layers() throws {
        let file = try SafetensorsFile(path: golden("layers.safetensors"))
        let names = file.names.sorted { PoolPlace($0) < PoolPlace($1) }
        var builder = MaskBuilder()
        for name in names { for byte in try file.bytes(name) { builder.append(UInt64(byte), count: 1) } }
        let parameters = try names.map { ($0, try #require(file.info($0)).shape) }
        let stored = StoredMask(path: file.path, parameters: parameters, mask: builder.build())
        #expect(try isOwn(stored, .layer) && !isOwn(stored, .global))
    }

    @Test("compressed-tensors' bitmasks are torch's masks of the weights, in either order of bits")
    func bitmask() throws {
        let torch = try StoredMask.load(golden("state.pt"))
        let little = try StoredMask.load(golden("bitmask.safetensors"))
        for member in little.pool.members {
            let other = try #require(torch.pool.members.first { $0.slot.name == member.slot.name })
            let isSame = zip(member.range, other.range).allSatisfy { little.mask[$0] == torch.mask[$1] }
            #expect(isSame && member.slot.shape == other.slot.shape, "\(member.slot.name)")
        }
        #expect(little.pool.members.count == 12)
        let big = try StoredMask.load(golden("big.safetensors"), bitOrder: .big)
        #expect(
            big.mask
                == PruningMask(
                    packedBytes: little.mask.packedBytes(0..<big.mask.count), count: big.mask.count))
        #expect(try StoredMask.load(golden("big.safetensors")).mask != big.mask)
    }

    @Test("what we write for torch is what torch wrote, tensor for tensor")
    func writeTorch() throws {
        let output = file("t.safetensors")
        try convert(golden("state.pt"), to: .torch, output)
        let ours = try SafetensorsFile(path: output)
        let theirs = try TorchArchive(path: golden("state.pt"))
        for name in theirs.names {
            let buffer = FlatBuffer(count: try #require(theirs.info(name)).shape.count)
            try theirs.read(name, into: buffer.all)
            #expect(
                try ours.floats(name) == buffer.all.array() && ours.info(name) == theirs.info(name), "\(name)"
            )
        }
        let others = ours.names.filter { !$0.hasSuffix("_orig") && !$0.hasSuffix("_mask") }
        #expect(ours.names.count == theirs.names.count + others.count && others.contains("lm_head.weight"))
    }

    @Test("what we write for compressed-tensors is what it wrote, tensor for tensor")
    func writeBitmask() throws {
        let output = file("b.safetensors")
        try convert(golden("state.pt"), to: .bitmask, output)
        let ours = try SafetensorsFile(path: output)
        let theirs = try SafetensorsFile(path: golden("bitmask.safetensors"))
        for name in theirs.names {
            let info = try #require(theirs.info(name))
            #expect(ours.info(name) == info, "\(name)")
            switch info.dataType {
            case .float32: #expect(try ours.floats(name) == theirs.floats(name), "\(name)")
            case .uint8: #expect(try ours.bytes(name) == theirs.bytes(name), "\(name)")
            default: #expect(try ours.integers(name) == theirs.integers(name), "\(name)")
            }
        }
        // Biases that are pruned, too, come back with our own reader.
        #expect(try StoredMask.load(output).mask == StoredMask.load(golden("state.pt")).mask)
    }

    @Test(
        "a mask that is applied leaves an exactly sparse model: its zeros are the mask, the rest is as it was"
    )
    func apply() throws {
        let output = file("sparse")
        try apply(golden("state.pt"), to: model, output)
        let stored = try StoredMask.load(golden("state.pt"))
        #expect(try StoredMask.load(output).mask == stored.mask)
        #expect(try StoredMask.load(output + "/mask.safetensors").mask == stored.mask)
        let before = try GoldenModel(directory: model)
        let after = try SafetensorsFile(path: output + "/model.safetensors")
        let members = Dictionary(uniqueKeysWithValues: stored.pool.members.map { ($0.slot.name, $0) })
        for slot in before.network.layout.slots where slot.fileOrder == .same {
            var expected = before.store.values[slot.range].array()
            if let member = members[slot.name] {
                for (index, place) in member.range.enumerated() where !stored.mask[place] {
                    expected[index] = 0
                }
            }
            #expect(try after.floats(slot.name) == expected, "\(slot.name)")
        }
        let written = try ModelDirectory(path: output)
        #expect(written.tokens == (try ModelDirectory(path: model)).tokens)
    }

    @Test("a model without vocabulary and head can be pruned, too, and keeps what belongs to pre-training")
    func pretrained() throws {
        let source = file("pretrained")
        try FileManager.default.copyItem(
            atPath: goldenFolder + "/checkpoints/group-headless", toPath: source)
        let output = file("sparse")
        try apply(golden("state.pt"), to: source, output)
        #expect(try StoredMask.load(output).mask == StoredMask.load(golden("state.pt")).mask)
        let written = try SafetensorsFile(path: output + "/model.safetensors")
        #expect(written.info("quantizer.codevectors") != nil && written.info("lm_head.weight") == nil)
    }

    @Test("masks go from each format to each other and back without a bit changed")
    func roundTrips() throws {
        let original = try StoredMask.load(golden("state.pt")).mask
        var source = golden("state.pt")
        for (index, format) in [MaskFormat.parp, .bitmask, .torch, .parp, .torch, .bitmask, .parp]
            .enumerated()
        {
            let output = file("\(index).safetensors")
            try convert(source, to: format, output)
            #expect(try StoredMask.load(output).mask == original, "\(index): \(format.rawValue)")
            source = output
        }
    }

    @Test("what is no mask is refused, with what would be one")
    func refused() throws {
        let weights = fault { try StoredMask.load(model + "/model.safetensors") }
        #expect(weights.contains("holds no mask") && weights.contains("give the directory"))
        let views = fault { try StoredMask.load(goldenFolder + "/checkpoints/views-zip.pt") }
        #expect(views.contains("has no …_mask"))
        let half = file("half.safetensors")
        let values = FlatBuffer(count: 4)
        values.all.copy(from: [1, 0, 0.5, 1])
        var writer = SafetensorsWriter()
        writer.add("a.weight_mask", values.all, shape: [2, 2])
        try writer.write(to: half)
        #expect(fault { try StoredMask.load(half) }.contains("a.weight_mask holds 0.5, not ones and zeros"))
    }

    @Test("bitmasks that disagree with themselves are refused")
    func brokenBitmasks() throws {
        let values = FlatBuffer(count: 3)
        func write(shape: [Int], bits: [UInt8], bitShape: Shape, kept: Int, order: String = "little") throws {
            var writer = SafetensorsWriter(metadata: ["bit_order": order])
            writer.add("m.bitmask", bytes: bits, shape: bitShape)
            writer.add("m.shape", integers: shape)
            writer.add("m.compressed", values[0..<kept], shape: [kept])
            try writer.write(to: file("b.safetensors"))
        }
        func found() -> String { fault { try StoredMask.load(file("b.safetensors")) } }
        try write(shape: [2, 9], bits: [1, 0, 2, 1], bitShape: [2, 2], kept: 3)
        #expect(found() == "no fault")
        try write(shape: [2, 9], bits: [1, 0, 2, 1], bitShape: [2, 2], kept: 2)
        #expect(found().contains("keeps 3 weights"))
        try write(shape: [2, 17], bits: [1, 0, 2, 1], bitShape: [2, 2], kept: 3)
        #expect(found().contains("m.bitmask is not (2, 3)"))
        try write(shape: [1 << 40, 0], bits: [1, 0, 2, 1], bitShape: [2, 2], kept: 3)
        #expect(found().contains("which no weight has"))
        try write(shape: [18], bits: [1, 0, 2, 1], bitShape: [2, 2], kept: 3)
        #expect(found().contains("which no weight has"))
        try write(shape: [2, 9], bits: [1, 0, 2, 1], bitShape: [2, 2], kept: 3, order: "middle")
        #expect(found().contains("its bit order is middle"))
    }
}
