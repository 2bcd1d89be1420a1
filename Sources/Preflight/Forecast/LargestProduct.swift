internal import Kernels
package import Models
internal import Program
package import Tensors

/// The largest matrix product of an update: a feed-forward expansion of all frames that a rank holds.
package struct LargestProduct {
    package let frames: Int
    package let hiddenSize: Int
    package let intermediateSize: Int
    package let precision: GEMMPrecision

    /// That of a mean batch; each batch is its utterances' seconds on all ranks.
    package init(
        _ configuration: Wav2Vec2Configuration, batches: [[Double]], ranks: Int, _ precision: GEMMPrecision
    ) {
        let seconds = batches.map { $0.reduce(0, +) }.reduce(0, +) / Double(batches.count * ranks)
        frames = max(1, configuration.frameCount(samples: Int(seconds * 16000)))
        hiddenSize = configuration.hiddenSize
        intermediateSize = configuration.intermediateSize
        self.precision = precision
    }

    /// The product of a number of rows with a layer's expansion.
    package init(rows: Int, hiddenSize: Int, intermediateSize: Int, _ precision: GEMMPrecision) {
        frames = max(1, rows)
        self.hiddenSize = hiddenSize
        self.intermediateSize = intermediateSize
        self.precision = precision
    }

    /// Multiplies a few times and returns the median's operations per second.
    ///
    /// Its memory is freed, so that it does not count in a peak measured meanwhile.
    ///
    /// - Parameter clock: The clock read, such as the processor's.
    package func measure(repeats: Int = 5, by clock: () -> Double = { monotonicSeconds() }) -> Double {
        var arena = Arena()
        func random(_ rows: Int, _ columns: Int) -> Matrix {
            let tensor = arena.tensor(rows: rows, columns: columns)
            let values = CountedRandom(seed: 1, stream: .pretraining)
            for index in 0..<tensor.count {
                tensor[index] = Float(values.uniform(at: UInt64(index))) - 0.5
            }
            let matrix = arena.matrix(rows: rows, columns: columns, precision: precision)
            convert(tensor, into: matrix)
            return matrix
        }
        let input = random(frames, hiddenSize)
        let weight = random(intermediateSize, hiddenSize)
        let output = arena.matrix(rows: frames, columns: intermediateSize, precision: precision)
        let seconds = medianSeconds(repeats, by: clock) {
            linearForward(input, weight: weight, bias: nil, into: output)
        }
        return 2 * Double(frames * hiddenSize * intermediateSize) / seconds
    }
}
