internal import CMath
public import Tensors

// T: packed frames. C: columns. M: frames of one utterance. K: distractors of a frame.

/// The results of `contrastiveLoss`.
public struct ContrastiveAnswer: Sendable {
    /// In nats, summed over the frames of each utterance.
    public var losses: [Double]
    /// Frames more similar to their own target than to any distractor.
    public var correct = 0
}

/// Computes −ln (exp(s₀/κ) / Σ exp(s/κ)) of each frame, with s₀ the cosine of the prediction and its own target
/// and s those with distractors of the same utterance (Baevski et al., 2020, equation 3), and its gradient.
///
/// All cosines of an utterance are one product of normalised rows, from which the needed ones are picked.
///
/// - Parameters:
///   - predictions: (T, C), packed.
///   - targets: (T, C), packed.
///   - negatives: K per frame, as indices into the frames of its utterance.
///   - codes: One per frame and group; a distractor with all codes of the target is left out.
///   - temperature: κ.
///   - arena: Scratch for 2 M² + 4 M C numbers of the longest utterance.
///   - gradients: Of `predictions` and `targets`; overwritten. nil leaves them out.
public func contrastiveLoss(
    predictions: Tensor, targets: Tensor, packing: PackedRows, negatives: [Int32], codes: [Int],
    temperature: Float, arena: inout Arena, gradients: (dPredictions: Tensor, dTargets: Tensor)?
) -> ContrastiveAnswer {
    let T = packing.totalRows
    precondition(
        predictions.rows == T && targets.rows == T && predictions.columns == targets.columns,
        "\(predictions.rows)×\(predictions.columns) predictions of \(targets.rows)×\(targets.columns) targets"
    )
    precondition(
        T == 0 || (negatives.count % T == 0 && codes.count % T == 0),
        "\(negatives.count) distractors and \(codes.count) codes of \(T) frames")
    var answer = ContrastiveAnswer(losses: [])
    for utterance in 0..<packing.count {
        let rows = packing[utterance]
        guard !rows.isEmpty else {
            answer.losses.append(0)
            continue
        }
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let (K, G) = (negatives.count / T, codes.count / T)
        let choice = ContrastiveChoice(
            predictions: UnitRows(predictions.rows(rows), arena: &arena),
            targets: UnitRows(targets.rows(rows), arena: &arena),
            negatives: negatives[rows.lowerBound * K..<rows.upperBound * K],
            codes: codes[rows.lowerBound * G..<rows.upperBound * G], temperature: temperature, arena: &arena)
        let found = choice.forward(differentiating: gradients != nil, arena: &arena)
        answer.losses.append(found.loss)
        answer.correct += found.correct
        if let gradients {
            choice.backward(
                arena: &arena, dPredictions: gradients.dPredictions.rows(rows),
                dTargets: gradients.dTargets.rows(rows))
        }
    }
    return answer
}

/// Rows divided by their norms, clamped to at least 10⁻⁸, as in PyTorch.
private struct UnitRows {
    let rows: Tensor
    let inverseNorms: Tensor

    init(_ input: Tensor, arena: inout Arena) {
        rows = arena.tensor(rows: input.rows, columns: input.columns)
        inverseNorms = arena.vector(input.rows)
        guard rows.device == .cpu else { return }
        let C = input.columns
        for row in 0..<input.rows {
            let x = input.pointer + row * C
            let norm = parp_dot(x, x, Int64(C)).squareRoot()
            let inverse = Float(1 / (norm < 1e-8 ? 1e-8 : norm))
            inverseNorms[row] = inverse
            for column in 0..<C { rows[row, column] = x[column] * inverse }
        }
    }

    /// From the gradient d of the unit rows u to that of the rows: (d − u (u · d)) / norm, in place.
    func backward(_ gradient: Tensor) {
        guard gradient.device == .cpu else { return }
        let C = rows.columns
        for row in 0..<rows.rows {
            let (unit, d) = (rows.pointer + row * C, gradient.pointer + row * C)
            let along = Float(parp_dot(unit, d, Int64(C)))
            for column in 0..<C { d[column] = (d[column] - unit[column] * along) * inverseNorms[row] }
        }
    }
}

/// The choices of one utterance.
private struct ContrastiveChoice {
    let predictions: UnitRows
    let targets: UnitRows
    let negatives: ArraySlice<Int32>
    let codes: ArraySlice<Int>
    let temperature: Float
    /// (M, M): of each prediction with each target.
    let cosines: Tensor
    /// (M, M): their gradient.
    let dCosines: Tensor

    init(
        predictions: UnitRows, targets: UnitRows, negatives: ArraySlice<Int32>, codes: ArraySlice<Int>,
        temperature: Float, arena: inout Arena
    ) {
        self.predictions = predictions
        self.targets = targets
        self.negatives = negatives
        self.codes = codes
        self.temperature = temperature
        let M = predictions.rows.rows
        cosines = arena.tensor(rows: M, columns: M)
        dCosines = arena.tensor(rows: M, columns: M)
        matrixMultiply(
            MatrixOperand(predictions.rows), MatrixOperand(targets.rows, transposed: true), m: M, n: M,
            k: predictions.rows.columns, into: MatrixOperand(cosines))
    }

    var frameCount: Int { cosines.rows }

    func forward(differentiating: Bool, arena: inout Arena) -> (loss: Double, correct: Int) {
        let K = negatives.count / frameCount
        let logits = arena.vector(K + 1)
        guard logits.device == .cpu else { return (0, 0) }
        var picked: [Int] = []
        picked.reserveCapacity(K + 1)
        var (loss, correct) = (0.0, 0)
        if differentiating { dCosines.fill(0) }
        for frame in 0..<frameCount {
            pick(frame, K, into: &picked)
            let row = cosines.pointer + frame * frameCount
            for (index, target) in picked.enumerated() { logits[index] = row[target] / temperature }
            var maximum: Float = 0
            let logSum = parp_log_sum_exp(logits.pointer, Int64(picked.count), &maximum)
            loss += Double(maximum + logSum - logits[0])
            if (1..<picked.count).allSatisfy({ logits[$0] < logits[0] }) { correct += 1 }
            guard differentiating else { continue }
            parp_exp_shifted(logits.pointer, logits.pointer, Int64(picked.count), maximum + logSum)
            let dRow = dCosines.pointer + frame * frameCount
            for (index, target) in picked.enumerated() { dRow[target] += logits[index] / temperature }
            dRow[frame] -= 1 / temperature
        }
        return (loss, correct)
    }

    /// The frame itself, then its distractors but those that were quantised to the same codes.
    private func pick(_ frame: Int, _ K: Int, into picked: inout [Int]) {
        picked.removeAll(keepingCapacity: true)
        picked.append(frame)
        let first = negatives.startIndex + frame * K
        for index in first..<first + K {
            let other = Int(negatives[index])
            precondition(other >= 0 && other < frameCount, "distractor \(other) of \(frameCount) frames")
            if !isSame(frame, other) { picked.append(other) }
        }
    }

    private func isSame(_ a: Int, _ b: Int) -> Bool {
        let G = codes.count / frameCount
        return (codes.startIndex..<codes.startIndex + G).allSatisfy { codes[$0 + a * G] == codes[$0 + b * G] }
    }

    func backward(arena: inout Arena, dPredictions: Tensor, dTargets: Tensor) {
        let (M, C) = (frameCount, targets.rows.columns)
        matrixMultiply(
            MatrixOperand(dCosines), MatrixOperand(targets.rows), m: M, n: C, k: M,
            into: MatrixOperand(dPredictions))
        matrixMultiply(
            MatrixOperand(dCosines, transposed: true), MatrixOperand(predictions.rows), m: M, n: C, k: M,
            into: MatrixOperand(dTargets))
        predictions.backward(dPredictions)
        targets.backward(dTargets)
    }
}
