/// Normalises a waveform to zero mean and unit variance, as transformers' feature extractor: (x − mean) /
/// √(var + 10⁻⁷).
///
/// Sums are in double, so that precision does not depend on the audio's length.
public func normalizeWaveform(_ samples: inout [Float]) {
    guard !samples.isEmpty else { return }
    let count = Double(samples.count)
    let mean = samples.reduce(0.0) { $0 + Double($1) } / count
    let variance = samples.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count
    _ = normalizeWaveform(&samples, mean: mean, variance: variance)
}

/// Normalises a part of a waveform by mean and variance of the whole; returns the factor.
public func normalizeWaveform(_ samples: inout [Float], mean: Double, variance: Double) -> Double {
    let scale = 1 / (variance + 1e-7).squareRoot()
    for index in samples.indices { samples[index] = Float((Double(samples[index]) - mean) * scale) }
    return scale
}
