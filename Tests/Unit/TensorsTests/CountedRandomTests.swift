import Tensors
import Testing

struct CountedRandomTests {
    @Test("keys and bits are those of SplitMix64, and never change: runs of old recipes depend on them")
    func golden() {
        // Tests/Golden/counted_random.py
        let zero = CountedRandom(seed: 0, stream: .initialization)
        #expect(zero.key == 0xc9b5_bc42_3b7d_a508)
        #expect(
            (0..<3).map(zero.bits) == [0x3215_346a_029a_1369, 0x7b74_d52b_fb3a_7917, 0x6c07_4988_c28b_7589])
        let named = CountedRandom(
            seed: 2337, stream: .hiddenDropout, step: 11, item: 0xcbf2_9ce4_8422_2325, layer: 3)
        #expect(named.key == 0xb1ea_ebd8_7cd8_37b9)
        #expect(
            (0..<3).map(named.bits) == [0x3486_f123_d8d7_18d9, 0xb662_e302_b5c4_a864, 0x7b14_f2fe_04bb_f923])
        let extreme = CountedRandom(seed: .max, stream: .pretraining, step: -1, item: .max, layer: 12)
        #expect(extreme.key == 0x4ce8_2cd5_c489_37d1)
        #expect(
            (0..<3).map(extreme.bits)
                == [0x71fe_d525_ddc2_29e9, 0x0d1e_b135_f8f0_3b57, 0x5ad0_4a24_f5dc_8f3f])
    }

    @Test("uniform, normal and Gumbel numbers are the golden ones")
    func goldenNumbers() {
        // Tests/Golden/counted_random.py
        let random = CountedRandom(
            seed: 2337, stream: .hiddenDropout, step: 11, item: 0xcbf2_9ce4_8422_2325, layer: 3)
        #expect(
            (0..<3).map(random.uniform)
                == [0.20518405080005342, 0.7124463922134675, 0.4807884092485749])
        // The C library's logarithm and cosine may differ by a unit in the last place.
        let tolerance = 1e-15
        #expect(abs(random.normal(at: 0) + 0.15842996434619405) < tolerance)
        #expect(abs(random.normal(at: 1) + 0.9869951174100567) < tolerance)
        for (index, expected) in [-0.459857262172935, 1.0816058946361748, 0.31152677348262126].enumerated() {
            #expect(abs(random.gumbel(at: UInt64(index)) - expected) < tolerance)
        }
    }

    @Test("a stream keeps its number when others are added")
    func streams() {
        let streams: [RandomStream] = [
            .initialization, .epochOrder, .timeMask, .channelMask, .layerDrop, .featureDropout,
            .hiddenDropout, .attentionDropout, .activationDropout, .outputDropout, .headDropout,
            .randomMask, .bootstrap, .corpusSplit, .pretraining, .gumbel, .negatives,
            .quantizerDropout,
        ]
        #expect(streams.map(\.rawValue) == Array(1...18))
    }

    @Test("no two names of a whole run share a sequence")
    func names() {
        var keys = Set<UInt64>()
        var names = 0
        for stream in 1...15 {
            guard let stream = RandomStream(rawValue: UInt64(stream)) else { continue }
            for step in [-1, 0, 1, 2, 50, 12_000] {
                for item in UInt64(0)..<40 {
                    for layer in 0..<25 {
                        keys.insert(
                            CountedRandom(seed: 1, stream: stream, step: step, item: item, layer: layer).key)
                        names += 1
                    }
                }
            }
        }
        #expect(keys.count == names)
        #expect(names == 15 * 6 * 40 * 25)
    }

    @Test("uniform numbers fill [0, 1) evenly: chi-square over 256 bins")
    func uniformity() {
        for stream in [RandomStream.hiddenDropout, .timeMask, .randomMask] {
            let random = CountedRandom(seed: 3, stream: stream)
            var counts = [Int](repeating: 0, count: 256)
            let draws = 1 << 18
            for index in 0..<UInt64(draws) { counts[Int(random.uniform(at: index) * 256)] += 1 }
            #expect(isPlausible(chiSquare: chiSquare(counts, draws: draws), degrees: 255))
        }
    }

    @Test("pairs of neighbouring numbers fill the square evenly: chi-square over 16 × 16 cells")
    func neighbours() {
        let random = CountedRandom(seed: 4, stream: .hiddenDropout)
        var counts = [Int](repeating: 0, count: 256)
        let draws = 1 << 18
        for index in 0..<UInt64(draws) {
            let (x, y) = (random.uniform(at: 2 * index), random.uniform(at: 2 * index + 1))
            counts[Int(x * 16) * 16 + Int(y * 16)] += 1
        }
        #expect(isPlausible(chiSquare: chiSquare(counts, draws: draws), degrees: 255))
    }

    @Test("sequences that differ in one part of their name are uncorrelated")
    func independence() {
        let base = CountedRandom(seed: 6, stream: .hiddenDropout, step: 9, item: 4, layer: 2)
        let others = [
            CountedRandom(seed: 7, stream: .hiddenDropout, step: 9, item: 4, layer: 2),
            CountedRandom(seed: 6, stream: .attentionDropout, step: 9, item: 4, layer: 2),
            CountedRandom(seed: 6, stream: .hiddenDropout, step: 10, item: 4, layer: 2),
            CountedRandom(seed: 6, stream: .hiddenDropout, step: 9, item: 5, layer: 2),
            CountedRandom(seed: 6, stream: .hiddenDropout, step: 9, item: 4, layer: 3),
            // Parts must not be exchangeable either.
            CountedRandom(seed: 6, stream: .hiddenDropout, step: 4, item: 9, layer: 2),
        ]
        let draws = 1 << 16
        // The correlation of independent draws has a standard deviation of 1/√draws.
        let fiveDeviations = 5 / Double(draws).squareRoot()
        for other in others {
            // Also against a sequence that runs one ahead or behind.
            for shift: UInt64 in 0...2 {
                let products = (0..<UInt64(draws)).reduce(0.0) {
                    $0 + (base.uniform(at: $1 + 1) - 0.5) * (other.uniform(at: $1 + shift) - 0.5)
                }
                #expect(abs(products / Double(draws) * 12) < fiveDeviations)
            }
        }
    }

    @Test("one changed bit of seed or item changes half of the bits drawn")
    func avalanche() {
        let base = CountedRandom(seed: 1234, stream: .timeMask, item: 77).bits(at: 5)
        var changed = 0
        for bit in 0..<64 {
            let seed = CountedRandom(seed: 1234 ^ (1 << UInt64(bit)), stream: .timeMask, item: 77)
            let item = CountedRandom(seed: 1234, stream: .timeMask, item: 77 ^ (1 << UInt64(bit)))
            changed += (base ^ seed.bits(at: 5)).nonzeroBitCount
            changed += (base ^ item.bits(at: 5)).nonzeroBitCount
        }
        // 128 draws of 64 bits: a standard deviation of 45 around 4096.
        #expect(abs(changed - 4096) < 5 * 45)
    }

    @Test("normal numbers have mean 0, variance 1, no skew, and the tails of a normal distribution")
    func normal() {
        let random = CountedRandom(seed: 8, stream: .initialization)
        let draws = 1 << 18
        var (sum, square, cube, beyondTwo) = (0.0, 0.0, 0.0, 0)
        for index in 0..<UInt64(draws) {
            let number = random.normal(at: index)
            sum += number
            square += number * number
            cube += number * number * number
            if abs(number) > 2 { beyondTwo += 1 }
        }
        let count = Double(draws)
        #expect(abs(sum / count) < 5 / count.squareRoot())
        #expect(abs(square / count - 1) < 5 * (2 / count).squareRoot())
        #expect(abs(cube / count) < 5 * (15 / count).squareRoot())
        let share = 0.0455
        #expect(abs(Double(beyondTwo) / count - share) < 5 * (share * (1 - share) / count).squareRoot())
    }

    private func chiSquare(_ counts: [Int], draws: Int) -> Double {
        let expected = Double(draws) / Double(counts.count)
        return counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
    }

    /// Within five standard deviations, √(2 · degrees), on either side: numbers too even are not random.
    private func isPlausible(chiSquare: Double, degrees: Double) -> Bool {
        abs(chiSquare - degrees) < 5 * (2 * degrees).squareRoot()
    }
}
