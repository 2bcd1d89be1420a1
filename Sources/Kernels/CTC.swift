public import Tensors

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

// T: frames of an utterance. L: its labels. S = 2L + 1: states, blanks (even) between labels (odd). V:
// vocabulary. Forward variables α are kept in log space with each frame's maximum subtracted, so that float32
// is precise enough for any length: the loss is the sum of what was subtracted. The posterior of a frame's
// states is α + β normalised over the states, for which no constant is needed.

/// The fewest frames that can carry a target: its labels, and a blank between each two that are equal.
public func ctcMinimumFrames(_ target: [Int]) -> Int {
    target.count + zip(target, target.dropFirst()).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
}

/// Computes −ln p(target | logits) of each utterance, and the gradient of their sum (Graves et al., 2006,
/// section 4).
///
/// - Parameters:
///   - logits: (frames, V), packed; log-softmax is taken inside.
///   - targets: Labels of each utterance, without blanks.
///   - blank: The blank token.
///   - zeroInfinity: Whether an impossible alignment has loss 0 instead of infinity; its gradient is 0
///     either way.
///   - scale: Multiplies the gradient.
///   - arena: Scratch for the forward variables of the longest utterance.
///   - losses: One per utterance; overwritten.
///   - dLogits: (frames, V); overwritten. nil leaves it out.
public func ctcLoss(
    logits: Tensor, packing: PackedRows, targets: [[Int]], blank: Int, zeroInfinity: Bool, scale: Float,
    arena: inout Arena, losses: inout [Float], dLogits: Tensor?
) {
    precondition(targets.count == packing.count, "\(targets.count) targets of \(packing.count) utterances")
    losses = [Float](repeating: 0, count: packing.count)
    for utterance in 0..<packing.count {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let rows = packing[utterance]
        let lattice = CTCLattice(
            logits.rows(rows), target: targets[utterance], blank: blank, arena: &arena)
        let loss = lattice.forward()
        losses[utterance] = loss == .infinity && zeroInfinity ? 0 : loss
        guard let dLogits else { continue }
        if loss.isFinite {
            lattice.backward(scale: scale, arena: &arena, into: dLogits.rows(rows))
        } else {
            // No alignment, no gradient; but NaN logits must not be mistaken for that.
            dLogits.rows(rows).fill(loss.isNaN ? .nan : 0)
        }
    }
}

/// The states of one utterance's alignments.
private struct CTCLattice {
    let logProbabilities: Tensor
    let target: [Int]
    let blank: Int
    let alpha: Tensor

    var stateCount: Int { 2 * target.count + 1 }
    var frameCount: Int { logProbabilities.rows }

    init(_ logits: Tensor, target: [Int], blank: Int, arena: inout Arena) {
        precondition(
            target.allSatisfy { $0 >= 0 && $0 < logits.columns && $0 != blank },
            "a CTC target contains the blank or a token outside the vocabulary")
        self.target = target
        self.blank = blank
        logProbabilities = arena.tensor(rows: logits.rows, columns: logits.columns)
        alpha = arena.tensor(rows: logits.rows, columns: 2 * target.count + 1)
        logSoftmaxForward(logits, into: logProbabilities)
    }

    func label(_ state: Int) -> Int { state % 2 == 0 ? blank : target[state / 2] }

    /// Whether an alignment may go from two states before to this one: between labels that differ.
    func canSkip(to state: Int) -> Bool {
        state % 2 == 1 && state >= 3 && target[state / 2] != target[state / 2 - 1]
    }

    /// Fills α and returns the loss, +∞ if no alignment exists.
    func forward() -> Float {
        guard frameCount > 0 else { return target.isEmpty ? 0 : .infinity }
        guard alpha.device == .cpu else { return 0 }
        // One NaN makes the whole row NaN, so checking the first entry is enough.
        for frame in 0..<frameCount where logProbabilities[frame, 0].isNaN { return .nan }
        var logLikelihood = 0.0
        for frame in 0..<frameCount {
            let row = alpha.rows(frame..<frame + 1)
            for state in 0..<stateCount {
                let emission = logProbabilities[frame, label(state)]
                row[state] = arrival(frame: frame, state: state) + emission
            }
            let highest = row.buffer.reduce(-Float.infinity, max)
            guard highest > -.infinity else { return .infinity }
            for state in 0..<stateCount { row[state] -= highest }
            logLikelihood += Double(highest)
        }
        let last = alpha.rows(frameCount - 1..<frameCount)
        let ending = stateCount > 1 ? logAdd(last[stateCount - 1], last[stateCount - 2]) : last[0]
        return Float(-(logLikelihood + Double(ending)))
    }

    /// The log of the sum of α over this state's predecessors.
    private func arrival(frame: Int, state: Int) -> Float {
        guard frame > 0 else { return state < 2 ? 0 : -.infinity }
        var sum = alpha[frame - 1, state]
        if state >= 1 { sum = logAdd(sum, alpha[frame - 1, state - 1]) }
        if canSkip(to: state) { sum = logAdd(sum, alpha[frame - 1, state - 2]) }
        return sum
    }

    /// Writes scale · (softmax − posterior of each token), running β from the last frame down in two rows.
    func backward(scale: Float, arena: inout Arena, into dLogits: Tensor) {
        var beta = arena.vector(stateCount)
        var next = arena.vector(stateCount)
        let posterior = arena.vector(stateCount)
        guard dLogits.device == .cpu else { return }
        for frame in (0..<frameCount).reversed() {
            for state in 0..<stateCount {
                beta[state] =
                    frame == frameCount - 1
                    ? (state >= stateCount - 2 ? 0 : -.infinity)
                    : departure(state, frame: frame + 1, beta: next)
            }
            normalize(posterior, alpha: alpha.rows(frame..<frame + 1), beta: beta)
            let gradient = dLogits.rows(frame..<frame + 1)
            for token in 0..<gradient.count {
                gradient[token] = scale * exp(logProbabilities[frame, token])
            }
            for state in 0..<stateCount { gradient[label(state)] -= scale * posterior[state] }
            swap(&beta, &next)
        }
    }

    /// The log of the sum over the successor states: their emission and β.
    private func departure(_ state: Int, frame: Int, beta: Tensor) -> Float {
        func term(_ following: Int) -> Float {
            beta[following] + logProbabilities[frame, label(following)]
        }
        var sum = term(state)
        if state + 1 < stateCount { sum = logAdd(sum, term(state + 1)) }
        if state + 2 < stateCount && canSkip(to: state + 2) { sum = logAdd(sum, term(state + 2)) }
        return sum
    }

    /// Fills the probabilities of a frame's states, and subtracts β's maximum, which does not affect
    /// posteriors.
    private func normalize(_ posterior: Tensor, alpha: Tensor, beta: Tensor) {
        var highest = -Float.infinity
        var highestBeta = -Float.infinity
        for state in 0..<stateCount {
            posterior[state] = alpha[state] + beta[state]
            highest = max(highest, posterior[state])
            highestBeta = max(highestBeta, beta[state])
        }
        var sum: Float = 0
        for state in 0..<stateCount {
            posterior[state] = exp(posterior[state] - highest)
            sum += posterior[state]
            beta[state] -= highestBeta
        }
        for state in 0..<stateCount { posterior[state] /= sum }
    }
}

/// ln(eᵃ + eᵇ), exact for −∞.
private func logAdd(_ a: Float, _ b: Float) -> Float {
    let (high, low) = a > b ? (a, b) : (b, a)
    return low == -.infinity ? high : high + log1p(exp(low - high))
}
