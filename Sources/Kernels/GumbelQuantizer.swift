internal import CMath
public import Tensors

// T: quantised frames. G: groups. V: entries of a group's codebook. D: columns of a codevector.

/// The entries from which each group of a product quantiser picks one (Jégou, Douze and Schmid, 2011).
public struct Codebook: Sendable {
    /// (G · V, D): the entries of the first group, then those of the next.
    public let codevectors: Tensor
    /// G.
    public let groups: Int

    /// A codebook with equally many entries in each group.
    public init(codevectors: Tensor, groups: Int) {
        precondition(
            groups > 0 && codevectors.rows % groups == 0,
            "\(codevectors.rows) codevectors in \(groups) groups")
        self.codevectors = codevectors
        self.groups = groups
    }

    /// V.
    public var entries: Int { codevectors.rows / groups }

    fileprivate func check(logits: Tensor, quantized: Tensor) {
        precondition(
            logits.columns == codevectors.rows && quantized.columns == groups * codevectors.columns
                && quantized.rows == logits.rows,
            "\(logits.rows)×\(logits.columns) logits of \(codevectors.rows)×\(codevectors.columns) codevectors "
                + "into \(quantized.rows)×\(quantized.columns)")
    }
}

/// A quantiser's random sample.
public struct GumbelSample: Sendable {
    /// (T, G · V): Gumbel noise, which forward turns into softmax((logits + noise) / temperature) of each group.
    public let numbers: Tensor
    /// Above 0; the lower, the closer the soft sample is to the hard one.
    public let temperature: Float

    /// Noise at a temperature.
    public init(_ noise: Tensor, temperature: Float) {
        precondition(temperature > 0, "a Gumbel temperature is above 0, not \(temperature)")
        numbers = noise
        self.temperature = temperature
    }
}

/// Fills a tensor with standard Gumbel noise: element i is number i of the sequence.
public func drawGumbel(_ random: CountedRandom, into noise: Tensor) {
    guard noise.device == .cpu else { return }
    parallelFor(noise.count, grain: 4096) { range in
        for index in range { noise[index] = Float(random.gumbel(at: UInt64(index))) }
    }
}

/// Replaces each frame by one codevector per group, side by side: that of the largest (logit + noise) /
/// temperature.
///
/// The hard sample of the Gumbel-softmax (Jang, Gu and Poole, 2017; Baevski et al., 2020, section 2), whose
/// gradient is that of the soft one.
///
/// - Parameters:
///   - logits: (T, G · V).
///   - sample: Noise, which becomes the soft sample for backward. nil: the largest logit, and no backward.
///   - quantized: (T, G · D); overwritten.
/// - Returns: The entry of each frame and group, T · G of them, from 0 to V − 1; the first of equal ones. A
///   frame with a logit that is not finite has entry 0, and its samples and codevectors are NaN.
public func gumbelQuantizerForward(
    _ logits: Tensor, sample: GumbelSample?, codebook: Codebook, into quantized: Tensor
) -> [Int] {
    codebook.check(logits: logits, quantized: quantized)
    guard quantized.device == .cpu else {
        return [Int](repeating: 0, count: logits.rows * codebook.groups)
    }
    if let sample { relax(logits, sample, codebook) }
    let codes = largestEntries(sample?.numbers ?? logits, groups: codebook.groups)
    let (G, V, D) = (codebook.groups, codebook.entries, codebook.codevectors.columns)
    for row in 0..<logits.rows {
        let isFinite = parp_all_finite(logits.pointer + row * G * V, Int64(G * V)) != 0
        if !isFinite { sample?.numbers.rows(row..<row + 1).fill(.nan) }
        for group in 0..<G {
            let entry = group * V + codes[row * G + group]
            let target = quantized.elements((row * G + group) * D..<(row * G + group + 1) * D)
            if isFinite {
                target.copy(from: codebook.codevectors.rows(entry..<entry + 1))
            } else {
                target.fill(.nan)
            }
        }
    }
    return codes
}

/// Turns noise into softmax((logits + noise) / temperature) of each frame and group.
private func relax(_ logits: Tensor, _ sample: GumbelSample, _ codebook: Codebook) {
    precondition(
        sample.numbers.count == logits.count, "\(sample.numbers.count) samples of \(logits.count) logits")
    let V = codebook.entries
    parallelFor(logits.rows * codebook.groups, grain: max(1, 8192 / V)) { blocks in
        for block in blocks {
            let (from, to) = (logits.pointer + block * V, sample.numbers.pointer + block * V)
            for entry in 0..<V { to[entry] = (from[entry] + to[entry]) / sample.temperature }
            var maximum: Float = 0
            let logSum = parp_log_sum_exp(to, Int64(V), &maximum)
            parp_exp_shifted(to, to, Int64(V), maximum + logSum)
        }
    }
}

/// The first largest entry of each row and group, as rows · groups indices from 0 on.
public func largestEntries(_ values: Tensor, groups: Int) -> [Int] {
    let V = values.columns / groups
    guard values.device == .cpu else { return [Int](repeating: 0, count: values.rows * groups) }
    return (0..<values.rows * groups).map { block in
        let entries = values.pointer + block * V
        var largest = 0
        for entry in 1..<V where entries[entry] > entries[largest] { largest = entry }
        return largest
    }
}

/// Accumulates dCodevectors, and writes dLogits as if the soft sample y had been taken:
/// dy = dQuantized · codevectorsᵀ of each group, dLogits = y ∘ (dy − Σ y dy) / temperature.
///
/// - Parameters:
///   - dQuantized: (T, G · D).
///   - sample: y, as forward left it.
///   - codes: What forward returned.
///   - dCodevectors: (G · V, D); accumulated.
///   - dLogits: (T, G · V); overwritten.
public func gumbelQuantizerBackward(
    _ dQuantized: Tensor, sample: GumbelSample, codes: [Int], codebook: Codebook, dCodevectors: Tensor,
    into dLogits: Tensor
) {
    codebook.check(logits: dLogits, quantized: dQuantized)
    let (T, G, V, D) = (dQuantized.rows, codebook.groups, codebook.entries, codebook.codevectors.columns)
    for group in 0..<G {
        matrixMultiply(
            MatrixOperand(dQuantized, offset: group * D),
            MatrixOperand(codebook.codevectors, offset: group * V * D, transposed: true), m: T, n: V, k: D,
            into: MatrixOperand(dLogits, offset: group * V))
    }
    guard dLogits.device == .cpu else { return }
    for block in 0..<T * G {
        let entry = block % G * V + codes[block]
        parp_add(dQuantized.pointer + block * D, dCodevectors.pointer + entry * D, Int64(D))
    }
    parallelFor(T * G, grain: max(1, 16_384 / V)) { blocks in
        for block in blocks {
            let (y, dy) = (sample.numbers.pointer + block * V, dLogits.pointer + block * V)
            let mean = Float(parp_dot(y, dy, Int64(V)))
            for entry in 0..<V { dy[entry] = y[entry] * (dy[entry] - mean) / sample.temperature }
        }
    }
}
