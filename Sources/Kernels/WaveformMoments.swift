/// The mean of a waveform, and mean and covariance of its windows: everything needed to normalise the first
/// features.
public struct WaveformStatistics: Sendable {
    /// The mean sample.
    let center: Double
    /// E[x − center], one number per tap.
    let mean: [Double]
    /// Cov[x], (taps, taps).
    let covariance: [Double]
}

/// Sums over a waveform and its windows, piece by piece, so that a recording of any length is normalised as a whole.
///
/// Sums are in double, of differences to the first sample, so that neither length nor an offset costs
/// precision.
public struct WaveformMoments: Sendable {
    private let taps: Int
    private let stride: Int
    /// Samples so far.
    public private(set) var count = 0
    private var origin = 0.0
    private var sum = 0.0
    private var squares = 0.0
    private var windows = 0
    private var windowSums: [Double]
    private var products: [Double]
    /// The beginning of the next window, and the number of samples before it.
    private var tail: [Float] = []
    private var gap = 0

    /// Empty sums, for windows of this many taps.
    public init(taps: Int, stride: Int) {
        self.taps = taps
        self.stride = stride
        windowSums = [Double](repeating: 0, count: taps)
        products = [Double](repeating: 0, count: taps * taps)
    }

    /// Adds the next samples.
    public mutating func add(_ samples: [Float]) {
        samples.withUnsafeBufferPointer { add($0) }
    }

    mutating func add(_ samples: UnsafeBufferPointer<Float>) {
        guard let first = samples.first else { return }
        if count == 0 { origin = Double(first) }
        count += samples.count
        for sample in samples {
            let x = Double(sample) - origin
            sum += x
            squares += x * x
        }
        guard !tail.isEmpty || gap > 0 else { return addWindows(of: samples) }
        let skipped = min(gap, samples.count)
        gap -= skipped
        let joined = tail + samples[skipped...]
        joined.withUnsafeBufferPointer { addWindows(of: $0) }
    }

    private mutating func addWindows(of samples: UnsafeBufferPointer<Float>) {
        var start = 0
        while start + taps <= samples.count {
            for i in 0..<taps {
                let x = Double(samples[start + i]) - origin
                windowSums[i] += x
                for j in i..<taps { products[i * taps + j] += x * (Double(samples[start + j]) - origin) }
            }
            windows += 1
            start += stride
        }
        tail = start < samples.count ? Array(samples[start...]) : []
        gap += max(0, start - samples.count)
    }

    /// The mean sample.
    public var mean: Double { origin + sum / Double(max(1, count)) }

    /// The mean squared distance from it.
    public var variance: Double {
        let difference = sum / Double(max(1, count))
        return max(0, squares / Double(max(1, count)) - difference * difference)
    }

    /// The statistics of the unchanged waveform.
    public var statistics: WaveformStatistics { statistics(center: mean, shift: 0, scale: 1) }

    /// The statistics of (x − `shift`) · `scale`.
    public func statistics(shift: Double, scale: Double) -> WaveformStatistics {
        statistics(center: (mean - shift) * scale, shift: shift, scale: scale)
    }

    private func statistics(center: Double, shift: Double, scale: Double) -> WaveformStatistics {
        let count = Double(max(1, windows))
        let means = windowSums.map { $0 / count }
        var covariance = products
        for i in 0..<taps {
            for j in i..<taps {
                let value = (products[i * taps + j] / count - means[i] * means[j]) * scale * scale
                covariance[i * taps + j] = value
                covariance[j * taps + i] = value
            }
        }
        return WaveformStatistics(
            center: center, mean: means.map { ($0 + origin - shift) * scale - center }, covariance: covariance
        )
    }
}
