import Checkpoints
import Models
import Tensors
import TestSupport
import Testing

/// What adding up in another order leaves of logits and gradients after all layers, relative to their size.
private let reordered = 1e-5

private func norm(_ values: [Float]) -> Double {
    values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
}

struct SparseWeightsTests {
    private static let names = ["tiny-group", "tiny-stable", "tiny-odd"]

    @Test("logits are those of dense products of the same weights", arguments: names, [0.5, 0.9])
    func logits(name: String, share: Double) throws {
        var dense = try GoldenModel(directory: "\(goldenModels)/\(name)")
        var sparse = try GoldenModel(directory: "\(goldenModels)/\(name)")
        dense.prune(share, sparsely: false)
        sparse.prune(share, sparsely: true)
        for (found, expected) in zip(sparse.evaluate(), dense.evaluate()) {
            #expect(relativeDifference(found, expected) < reordered)
        }
    }

    @Test(
        "gradients of kept weights are those of dense products, and pruned ones have none", arguments: names)
    func gradients(name: String) throws {
        var dense = try GoldenModel(directory: "\(goldenModels)/\(name)")
        var sparse = try GoldenModel(directory: "\(goldenModels)/\(name)")
        dense.prune(0.7, sparsely: false)
        sparse.prune(0.7, sparsely: true)
        _ = dense.run(trainable: .everything)
        _ = sparse.run(trainable: .everything)
        expectSameGradients(dense.store, sparse.store, areOfKept: true)
    }

    @Test(
        "for a mask that still moves, gradients of all weights are those of dense products", arguments: names)
    func allGradients(name: String) throws {
        var dense = try GoldenModel(directory: "\(goldenModels)/\(name)")
        var sparse = try GoldenModel(directory: "\(goldenModels)/\(name)")
        dense.prune(0.7, sparsely: false)
        sparse.prune(0.7, sparsely: true)
        sparse.sparseGradients = .all
        _ = dense.run(trainable: .everything)
        _ = sparse.run(trainable: .everything)
        expectSameGradients(dense.store, sparse.store)
    }

    @Test("so are those of models of text", arguments: ["bert-classes", "bert-regression", "xlnet-classes"])
    func allTextGradients(name: String) throws {
        var dense = try GoldenText(directory: "\(goldenModels)/\(name)")
        var sparse = try GoldenText(directory: "\(goldenModels)/\(name)")
        dense.prune(0.7, sparsely: false)
        sparse.prune(0.7, sparsely: true)
        sparse.sparseGradients = .all
        _ = dense.run()
        _ = sparse.run()
        expectSameGradients(dense.store, sparse.store)
    }

    /// - Parameter areOfKept: Whether pruned weights must have no gradient.
    private func expectSameGradients(
        _ dense: borrowing ParameterStore, _ sparse: borrowing ParameterStore, areOfKept: Bool = false
    ) {
        let slots = dense.layout.slots
        let prunable = Set(dense.layout.prunableSlots.filter { $0.shape.rank == 2 }.map(\.index))
        let largest = slots.map { norm(dense.gradient($0, dividedBy: 1)) }.max() ?? 0
        for slot in slots {
            var expected = dense.gradient(slot, dividedBy: 1)
            if areOfKept && prunable.contains(slot.index) {
                for (place, index) in slot.range.enumerated() where dense.values.all[index] == 0 {
                    expected[place] = 0
                }
            }
            // Those of keys' biases, and of biases before a norm, are zero but for rounding.
            let difference = norm(zip(sparse.gradient(slot, dividedBy: 1), expected).map(-))
            #expect(difference < 10 * reordered * norm(expected) + 1e-7 * largest, "\(slot.name)")
        }
    }

    @Test(
        "models of text have the losses and logits of masked dense training, too; XLNet's own projections stay dense",
        arguments: ["bert-classes", "bert-regression", "bert-masked", "xlnet-classes"])
    func texts(name: String) throws {
        var dense = try GoldenText(directory: "\(goldenModels)/\(name)")
        var sparse = try GoldenText(directory: "\(goldenModels)/\(name)")
        dense.prune(0.8, sparsely: false)
        sparse.prune(0.8, sparsely: true)
        for (found, expected) in zip(sparse.run().logits, dense.run().logits) {
            #expect(relativeDifference(found, expected) < reordered)
        }
        let expected = dense.trajectory(updates: 20, learningRate: 1e-3)
        let found = sparse.trajectory(updates: 20, learningRate: 1e-3)
        #expect(expected[20] < expected[0])
        for (ours, theirs) in zip(found, expected) {
            #expect(abs(ours - theirs) <= reordered * theirs, "\(ours), not \(theirs)")
        }
    }

    @Test("twenty updates under a held mask have the losses of masked dense training", arguments: names)
    func trajectory(name: String) throws {
        var dense = try GoldenModel(directory: "\(goldenModels)/\(name)")
        var sparse = try GoldenModel(directory: "\(goldenModels)/\(name)")
        dense.prune(0.8, sparsely: false)
        sparse.prune(0.8, sparsely: true)
        let expected = dense.trajectory(updates: 20, learningRate: 1e-3)
        let found = sparse.trajectory(updates: 20, learningRate: 1e-3)
        #expect(expected[20] < expected[0])
        for (ours, theirs) in zip(found, expected) {
            #expect(abs(ours - theirs) <= reordered * theirs, "\(ours), not \(theirs)")
        }
    }
}
