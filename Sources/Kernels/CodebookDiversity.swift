internal import CMath
public import Tensors

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

// T: packed frames. G: groups. V: entries of a group.

/// The results of `codebookDiversity`.
public struct CodebookDiversity: Sendable {
    /// (G · V − Σ exp H(p̄)) / (G · V) of each utterance, from 0 (all entries equal) to 1 − 1/V (one per
    /// group).
    public var losses: [Double]
    /// Σ over all frames of each entry's probability, G · V of them.
    public var probabilities: [Double]
}

/// Computes how unevenly an utterance's frames use the entries of a codebook (Baevski et al., 2020, section
/// 3.2, as in their code), and adds the gradient.
///
/// p = softmax(logits) of each frame and group, without noise and temperature; p̄ its mean over an utterance's
/// frames; exp H(p̄) the entries in use. The gradient of frames · loss is p ∘ (a − Σ p a) with
/// a = exp H(p̄) ln p̄ / (G · V).
///
/// - Parameters:
///   - logits: (T, G · V), packed.
///   - weight: The gradient is that of weight · Σ frames · loss over utterances.
///   - arena: Scratch of the size of the logits.
///   - dLogits: (T, G · V); added to. nil leaves it out.
public func codebookDiversity(
    logits: Tensor, packing: PackedRows, groups: Int, weight: Float, arena: inout Arena,
    addingTo dLogits: Tensor?
) -> CodebookDiversity {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let (C, V) = (logits.columns, logits.columns / groups)
    precondition(
        packing.totalRows == logits.rows && V * groups == C,
        "diversity of \(logits.rows)×\(C) logits in \(groups) groups of \(packing.totalRows) frames")
    let probabilities = arena.tensor(rows: logits.rows, columns: C)
    let means = arena.vector(C)
    var result = CodebookDiversity(losses: [], probabilities: [Double](repeating: 0, count: C))
    guard probabilities.device == .cpu else {
        result.losses = [Double](repeating: 0, count: packing.count)
        return result
    }
    softmax(logits, groups: groups, into: probabilities)
    for utterance in 0..<packing.count {
        let rows = packing[utterance]
        guard !rows.isEmpty else {
            result.losses.append(0)
            continue
        }
        means.fill(0)
        for row in rows { parp_add(probabilities.pointer + row * C, means.pointer, Int64(C)) }
        for entry in 0..<C { result.probabilities[entry] += Double(means[entry]) }
        parp_scale(means.pointer, 1 / Float(rows.count), Int64(C))
        let used = replaceByDerivatives(means, groups: groups)
        result.losses.append((Double(C) - used) / Double(C))
        guard let dLogits else { continue }
        for block in rows.lowerBound * groups..<rows.upperBound * groups {
            let (p, a) = (probabilities.pointer + block * V, means.pointer + block % groups * V)
            let mean = Float(parp_dot(p, a, Int64(V)))
            let d = dLogits.pointer + block * V
            for entry in 0..<V { d[entry] += weight * p[entry] * (a[entry] - mean) }
        }
    }
    return result
}

/// The entries in use: Σ exp H of each group's distribution, from counts or sums of probabilities.
///
/// From 0, of nothing, and G, one entry a group, to G · V.
public func codebookPerplexity(_ counts: [Double], groups: Int) -> Double {
    let V = counts.count / groups
    return (0..<groups).reduce(0) { used, group in
        let entries = counts[group * V..<(group + 1) * V]
        let total = entries.reduce(0, +)
        guard total > 0 else { return used }
        let entropy = entries.reduce(0.0) { $1 > 0 ? $0 - $1 / total * log($1 / total) : $0 }
        return used + exp(entropy)
    }
}

/// Turns p̄ into a, and returns Σ exp H(p̄) over groups.
private func replaceByDerivatives(_ means: Tensor, groups: Int) -> Double {
    let V = means.count / groups
    var used = 0.0
    for group in 0..<groups {
        let p = means.pointer + group * V
        var entropy = 0.0
        for entry in 0..<V where p[entry] > 0 { entropy -= Double(p[entry]) * log(Double(p[entry])) }
        let perplexity = exp(entropy)
        used += perplexity
        for entry in 0..<V {
            // An entry of probability zero has no effect: this is multiplied by its own p.
            p[entry] =
                p[entry] > 0 ? Float(perplexity * log(Double(p[entry])) / Double(means.count)) : 0
        }
    }
    return used
}

/// softmax of each row and group.
private func softmax(_ logits: Tensor, groups: Int, into output: Tensor) {
    let V = logits.columns / groups
    parallelFor(logits.rows * groups, grain: max(1, 8192 / V)) { blocks in
        for block in blocks {
            let (from, to) = (logits.pointer + block * V, output.pointer + block * V)
            var maximum: Float = 0
            let logSum = parp_log_sum_exp(from, Int64(V), &maximum)
            parp_exp_shifted(from, to, Int64(V), maximum + logSum)
        }
    }
}
