import Kernels
import Tensors
import Testing

struct WaveformMomentsTests {
    /// A tone with an offset, louder towards its end.
    private let samples = (0..<1003).map { index in
        let phase = Float(index % 37) / 37
        return 0.5 + Float(index) / 4000 * (phase < 0.5 ? phase : 1 - phase)
    }

    @Test("mean and variance are those of the samples, whatever pieces they come in")
    func pieces() {
        let mean = samples.reduce(0.0) { $0 + Double($1) } / Double(samples.count)
        let variance =
            samples.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(samples.count)
        for length in [1, 2, 7, 10, 64, 1003] {
            var moments = WaveformMoments(taps: 10, stride: 5)
            for start in stride(from: 0, to: samples.count, by: length) {
                moments.add(Array(samples[start..<min(start + length, samples.count)]))
            }
            #expect(moments.count == samples.count)
            #expect(abs(moments.mean - mean) < 1e-12 && abs(moments.variance - variance) < 1e-12)
        }
    }

    @Test(
        "a convolution of a part is that part of the whole's, given the whole's statistics, and otherwise not"
    )
    func parts() {
        for (taps, stride) in [(10, 5), (3, 4)] {
            let (channels, frames) = (6, (samples.count - taps) / stride + 1)
            var arena = Arena()
            let waveform = arena.tensor(rows: samples.count, columns: 1)
            waveform.copy(from: samples)
            let weight = arena.tensor(rows: channels, columns: taps)
            weight.copy(from: (0..<weight.count).map { Float($0 * 7 % 11) / 11 - 0.4 })
            let (gain, bias) = (arena.vector(channels), arena.vector(channels))
            gain.fill(1.5)
            bias.fill(0.25)
            func features(
                _ samples: Tensor, _ statistics: WaveformStatistics?, frames: Int, _ arena: inout Arena
            ) -> [Float] {
                let output = arena.tensor(rows: frames, columns: channels)
                FrozenWaveformConvolution(
                    samples: samples, statistics: statistics, weight: weight, bias: nil,
                    norm: .group(weight: gain, bias: bias, epsilon: 1e-5), kernelSize: taps, stride: stride,
                    arena: &arena
                ).forward(from: 0, arena: &arena, into: Matrix(output))
                return output.array()
            }
            let whole = features(waveform, nil, frames: frames, &arena)
            var moments = WaveformMoments(taps: taps, stride: stride)
            for start in Swift.stride(from: 0, to: samples.count, by: 100) {
                moments.add(Array(samples[start..<min(start + 100, samples.count)]))
            }
            let (first, count) = (40, 60)
            let part = waveform.rows(first * stride..<(first + count - 1) * stride + taps)
            let expected = Array(whole[first * channels..<(first + count) * channels])
            let told = features(part, moments.statistics, frames: count, &arena)
            let alone = features(part, nil, frames: count, &arena)
            func distance(_ a: [Float]) -> Float { zip(a, expected).reduce(0) { max($0, abs($1.0 - $1.1)) } }
            // Rounding of float32 products of another shape.
            #expect(distance(told) < 1e-5)
            #expect(distance(alone) > 0.01)
        }
    }

    @Test("statistics of a normalised waveform are those that it has")
    func normalized() {
        var raw = WaveformMoments(taps: 4, stride: 2)
        raw.add(samples)
        let scale = 1 / raw.variance.squareRoot()
        var normalized = WaveformMoments(taps: 4, stride: 2)
        normalized.add(samples.map { Float((Double($0) - raw.mean) * scale) })
        // The samples are float32, their statistics are not.
        let pairs = zip(
            numbers(raw.statistics(shift: raw.mean, scale: scale)), numbers(normalized.statistics))
        #expect(pairs.allSatisfy { abs($0 - $1) < 1e-5 })
    }

    /// Statistics of a convolution with one tap each, which reveal all of them.
    private func numbers(_ statistics: WaveformStatistics) -> [Float] {
        var arena = Arena()
        let waveform = arena.zeros(rows: 8, columns: 1)
        let weight = arena.zeros(rows: 4, columns: 4)
        for tap in 0..<4 { weight[tap, tap] = 1 }
        let (gain, bias) = (arena.vector(4), arena.vector(4))
        gain.fill(1)
        bias.fill(0)
        let output = arena.tensor(rows: 3, columns: 4)
        FrozenWaveformConvolution(
            samples: waveform, statistics: statistics, weight: weight, bias: nil,
            norm: .group(weight: gain, bias: bias, epsilon: 1e-5), kernelSize: 4, stride: 2, arena: &arena
        ).forward(from: 0, arena: &arena, into: Matrix(output))
        return output.array()
    }
}
