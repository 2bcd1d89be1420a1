internal import CMath
public import Tensors

/// Drops each element with probability `rate` and scales the others by 1 / (1 − rate) (Srivastava et al.,
/// 2014).
///
/// The bits of an element are a function of its utterance's key and its place in the utterance, so backward
/// regenerates them and nothing is stored. May run in place; rate 0 copies.
///
/// - Parameters:
///   - input: (T, C), packed.
///   - keys: One a utterance.
///   - output: (T, C); overwritten.
public func dropoutForward(
    _ input: Tensor, rate: Float, packing: PackedRows, keys: [UInt64], into output: Tensor
) {
    guard rate > 0 else {
        if input.pointer != output.pointer { output.copy(from: input) }
        return
    }
    let dropout = DropoutRule(rate: rate)
    let C = input.columns
    for utterance in 0..<packing.count {
        let (rows, key) = (packing[utterance], keys[utterance])
        parallelFor(rows.count, grain: 64) { range in
            let start = (rows.lowerBound + range.lowerBound) * C
            parp_dropout(
                input.pointer + start, output.pointer + start, Int64(range.count * C),
                UInt32(truncatingIfNeeded: range.lowerBound * C), key, dropout.threshold, dropout.scale)
        }
    }
}

/// Writes the gradient of `dropoutForward`: the same elements dropped, the same scale.
///
/// May run in place.
public func dropoutBackward(
    _ dOutput: Tensor, rate: Float, packing: PackedRows, keys: [UInt64], into dInput: Tensor
) {
    dropoutForward(dOutput, rate: rate, packing: packing, keys: keys, into: dInput)
}

/// A rate as the loops take it: bits below the threshold drop.
struct DropoutRule {
    let threshold: UInt32
    let scale: Float

    init(rate: Float) {
        precondition(rate >= 0 && rate < 1, "a dropout rate is from 0 to below 1, not \(rate)")
        threshold = UInt32(Double(rate) * 0x1p32)
        scale = 1 / (1 - rate)
    }
}
