import Optimization
import Tensors
import TestSupport
import Testing

struct AdamTests {
    /// A step of 0.01 in float32, on weights up to 3: a unit in the last place is 2.4e-7.
    private let tolerance: Float = 1e-6
    private let gradients: [[Float]] = [[0.5, -1, 0.25, 2], [-0.5, -1, 1, 0.125], [0, 3, -0.75, 1]]

    @Test("three steps with weight decay are those of PyTorch's AdamW, whatever the gradients' scale")
    func golden() {
        // Tests/Golden/adam.py
        let expected: [[Float]] = [
            [0.98900000, -1.98800000, 0.48950000, 2.98700000],
            [0.98853732, -1.97601200, 0.48020394, 2.97682674],
            [0.98795760, -1.97650377, 0.47796180, 2.96600453],
        ]
        var arena = testArena()
        let adam = Adam(beta1: 0.9, beta2: 0.98, epsilon: 0, weightDecay: 0.1)
        let (values, gradient) = (arena.tensor(rows: 1, columns: 4), arena.tensor(rows: 1, columns: 4))
        let (first, second) = (arena.zeros(rows: 1, columns: 4), arena.zeros(rows: 1, columns: 4))
        values.copy(from: [1, -2, 0.5, 3])
        for step in 1...3 {
            gradient.copy(from: gradients[step - 1].map { $0 * 8 })
            adam.update(
                values: values, gradients: gradient, firstMoment: first, secondMoment: second, step: step,
                learningRate: 0.01, gradientScale: 0.125)
            #expect(largestDifference(values.array(), expected[step - 1]) < tolerance)
        }
    }

    @Test("epsilon is added to the plain root of the second moment, as in fairseq and not as in PyTorch")
    func epsilon() {
        var arena = testArena()
        let adam = Adam(beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0)
        let (values, gradient) = (arena.zeros(rows: 1, columns: 1), arena.tensor(rows: 1, columns: 1))
        let (first, second) = (arena.zeros(rows: 1, columns: 1), arena.zeros(rows: 1, columns: 1))
        gradient[0] = 1e-8
        adam.update(
            values: values, gradients: gradient, firstMoment: first, secondMoment: second, step: 1,
            learningRate: 1,
            gradientScale: 1)
        // √0.02 · 1e-8 / (√0.02 · 1e-8 + 1e-8); PyTorch's would be 0.5.
        #expect(abs(values[0] + 0.123_899_5) < 1e-5)
    }

    @Test("an update in pieces gives the same bits as in one, with any number of threads")
    func pieces() {
        var arena = testArena()
        let count = 200_001
        let gradient = arena.wave(columns: count, phase: 1)
        let buffers = [arena.tensor(rows: 1, columns: count), arena.vector(count), arena.vector(count)]
        func results(_ ranges: [Range<Int>], threads: Int) -> [[Float]] {
            buffers[0].copy(from: wave(count, phase: 0))
            buffers[1].fill(0.1)
            buffers[2].fill(0.2)
            Threads.$countOfTask.withValue(threads) {
                for range in ranges {
                    Adam(weightDecay: 0.01).update(
                        values: buffers[0].elements(range), gradients: gradient.elements(range),
                        firstMoment: buffers[1].elements(range), secondMoment: buffers[2].elements(range),
                        step: 7,
                        learningRate: 0.01, gradientScale: 0.5)
                }
            }
            return buffers.map { $0.array() }
        }
        let whole = results([0..<count], threads: 1)
        #expect(whole == results([0..<17, 17..<100_000, 100_000..<count], threads: 1))
        #expect(whole == results([0..<count], threads: 3))
    }

    @Test(
        "an update of kept elements alone has the bits of one of all whose pruned weights, gradients and moments are 0",
        arguments: [1, 3])
    func keptElements(threads: Int) {
        var layout = ParameterLayout()
        _ = layout.add("weight", [200_001])
        let count = layout.count
        // Words that keep all, none, and some.
        let kept = KeptElements(
            words: (0..<(count + 63) / 64).map { [0, .max, 0x8421_0F00_0000_1001][$0 / 5 % 3] })
        func results(_ keepsAll: Bool) -> [[Float]] {
            var store = ParameterStore(layout: layout, precision: .bfloat16)
            store.values.all.copy(from: wave(count, phase: 0))
            store.gradients.all.copy(from: wave(count, phase: 1))
            for tensor in [store.values.all, store.gradients.all] { kept.clearDropped(in: tensor) }
            if !keepsAll { store.moments.keep(kept) }
            Threads.$countOfTask.withValue(threads) {
                for step in 1...3 {
                    // The first elements belong to something that is frozen.
                    Adam(weightDecay: 0.01).update(
                        77..<count, of: store, step: step, learningRate: 0.01, gradientScale: 0.5)
                }
            }
            store.moments.keep(nil)
            let rounded = (77..<count).map { index in
                Float(store.shadow?.address(index).load(as: UInt16.self) ?? 0)
            }
            return [
                store.values.all.array(), store.moments.first.all.array(),
                store.moments.second.all.array(), rounded,
            ]
        }
        let (dense, sparse) = (results(true), results(false))
        #expect(zip(dense, sparse).allSatisfy { sameBits($0, $1) })
        #expect(dense.allSatisfy { $0.contains { $0 != 0 } })
    }
}
