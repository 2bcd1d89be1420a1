internal import CMath
public import Tensors

/// Normalises each channel of each utterance over its frames: group norm with as many groups as channels
/// (Wu and He, 2018), as in wav2vec 2.0's first convolution.
///
/// - Parameters:
///   - input: x, (T, C), packed.
///   - weight: (1, C).
///   - bias: (1, C).
///   - mean: (utterances, C); overwritten, for backward.
///   - inverseDeviation: (utterances, C); overwritten, for backward.
///   - output: y, (T, C); overwritten, may be the input.
public func groupNormForward(
    _ input: Tensor, packing: PackedRows, weight: Tensor, bias: Tensor, epsilon: Float, mean: Tensor,
    inverseDeviation: Tensor, into output: Tensor
) {
    let C = input.columns
    precondition(weight.count == C && mean.count == packing.count * C, "group norm of \(C) channels")
    guard output.device == .cpu else { return }
    // An utterance without frames has no mean.
    for utterance in 0..<packing.count where packing.length(utterance) > 0 {
        let rows = packing[utterance]
        let (center, inverse) = (
            mean.rows(utterance..<utterance + 1), inverseDeviation.rows(utterance..<utterance + 1)
        )
        let x = input.rows(rows)
        let y = output.rows(rows)
        parp_column_moments(
            x.pointer, Int64(x.rows), Int64(C), epsilon, center.pointer, inverse.pointer)
        parallelFor(x.rows, grain: 64) { range in
            parp_group_norm_forward(
                x.rows(range).pointer, weight.pointer, bias.pointer, center.pointer, inverse.pointer,
                Int64(range.count), Int64(C), y.rows(range).pointer)
        }
    }
}

/// Accumulates dWeight and dBias, and writes dx.
///
/// - Parameters:
///   - dOutput: dy, (T, C).
///   - dWeight: (1, C); accumulated. nil leaves it out.
///   - dBias: (1, C); accumulated. nil leaves it out.
///   - dInput: (T, C); overwritten, may be `dOutput`.
public func groupNormBackward(
    _ dOutput: Tensor, input: Tensor, packing: PackedRows, weight: Tensor, mean: Tensor,
    inverseDeviation: Tensor, dWeight: Tensor?, dBias: Tensor?, into dInput: Tensor
) {
    guard dInput.device == .cpu else { return }
    let C = input.columns
    for utterance in 0..<packing.count where packing.length(utterance) > 0 {
        let rows = packing[utterance]
        parp_group_norm_backward(
            dOutput.rows(rows).pointer, input.rows(rows).pointer, weight.pointer,
            mean.pointer + utterance * C, inverseDeviation.pointer + utterance * C, Int64(rows.count),
            Int64(C), dWeight?.pointer, dBias?.pointer, dInput.rows(rows).pointer)
    }
}
