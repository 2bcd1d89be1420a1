import Checkpoints
import Kernels
import Models
import Tensors
import TestSupport
import Testing

private let isAvailable = unavailability(of: .bfloat16) == nil

@Suite(.enabled(if: isAvailable, "needs oneDNN and a CPU with AVX-512 BF16"))
struct BFloat16Tests {
    @Test(
        "logits, losses and gradients stay near those of transformers in float32",
        arguments: ["tiny-group", "tiny-stable", "tiny-odd"])
    func parity(name: String) throws {
        var model = try GoldenModel(directory: "\(goldenModels)/\(name)", precision: .bfloat16)
        let golden = model.golden
        let answer = model.run(trainable: .everything)
        for index in 0..<model.count {
            let expected = try golden.floats("logits.\(index)")
            #expect(relativeDifference(answer.logits[index], expected) < Tolerance.bfloat16Logits)
            let loss = try golden.floats("loss.\(index)")
            #expect(relativeDifference([answer.losses[index]], loss) < Tolerance.bfloat16Loss)
        }
        var (found, expected): ([Float], [Float]) = ([], [])
        for slot in model.network.layout.slots where golden.info("gradient.\(slot.name)") != nil {
            found += model.gradient(slot)
            expected += try golden.floats("gradient.\(slot.name)")
        }
        #expect(relativeNorm(found, expected) < Tolerance.bfloat16Gradient)
    }

    @Test("ten updates reach the loss of float32", arguments: ["tiny-group", "tiny-stable", "tiny-odd"])
    func trajectory(name: String) throws {
        var model = try GoldenModel(directory: "\(goldenModels)/\(name)", precision: .bfloat16)
        let expected = try model.golden.doubles("trajectory")
        let learningRate = try #require(Double(model.golden.metadata["learning_rate"] ?? ""))
        let found = model.trajectory(updates: expected.count - 1, learningRate: learningRate)
        for (ours, theirs) in zip(found, expected) {
            #expect(abs(ours - theirs) / theirs < Tolerance.bfloat16Loss, "\(ours), not \(theirs)")
        }
    }

    @Test("an update keeps the weights for products equal to the rounded weights")
    func shadow() throws {
        var model = try GoldenModel(directory: "\(goldenModels)/tiny-group", precision: .bfloat16)
        _ = model.trajectory(updates: 2, learningRate: 1e-3)
        let found = model.store.shadow
        let shadow = try #require(found)
        let kept = FlatBuffer(count: shadow.count)
        let rounded = FlatBuffer(count: shadow.count)
        widen(shadow, into: kept.all)
        var arena = testArena()
        let again = arena.matrix(rows: 1, columns: shadow.count, precision: .bfloat16)
        convert(model.store.values.all, into: again)
        widen(again, into: rounded.all)
        let isSame = kept.all.array() == rounded.all.array()
        #expect(isSame)
    }

    @Test(
        "the pre-training loss stays near that of float32, though some codes differ",
        arguments: ["pretraining-tiny-group", "pretraining-tiny-stable"])
    func pretraining(name: String) throws {
        var exact = try GoldenPretraining(directory: "\(goldenModels)/\(name)")
        var short = try GoldenPretraining(directory: "\(goldenModels)/\(name)", precision: .bfloat16)
        let (expected, found) = (exact.run(), short.run())
        #expect(abs(found.contrastive / expected.contrastive - 1) < Tolerance.bfloat16Contrast)
        #expect(abs(found.diversity / expected.diversity - 1) < Tolerance.bfloat16Loss)
        #expect(found.maskedFrames == expected.maskedFrames)
    }
}
