internal import CMath
public import Tensors

/// Replaces masked frames by the mask embedding, in place (Baevski et al., 2020, section 3.1).
///
/// - Parameters:
///   - input: (T, C).
///   - masked: One flag per frame.
///   - embedding: (1, C).
public func maskFrames(_ input: Tensor, masked: [Bool], embedding: Tensor) {
    precondition(masked.count == input.rows, "\(masked.count) flags for \(input.rows) frames")
    guard input.device == .cpu else { return }
    for row in 0..<input.rows where masked[row] { input.rows(row..<row + 1).copy(from: embedding) }
}

/// Accumulates the embedding's gradient from masked frames and zeroes theirs, in place.
///
/// - Parameters:
///   - dOutput: (T, C); masked rows become zero.
///   - dEmbedding: (1, C); accumulated.
public func maskFramesBackward(_ dOutput: Tensor, masked: [Bool], dEmbedding: Tensor) {
    precondition(masked.count == dOutput.rows, "\(masked.count) flags for \(dOutput.rows) frames")
    guard dOutput.device == .cpu else { return }
    for row in 0..<dOutput.rows where masked[row] {
        let gradient = dOutput.rows(row..<row + 1)
        parp_add(gradient.pointer, dEmbedding.pointer, Int64(gradient.count))
        gradient.fill(0)
    }
}

/// Zeroes channels of whole utterances, in place; applied to gradients, it is its own backward.
///
/// - Parameters:
///   - tensor: (T, C), packed.
///   - spans: The channels of each utterance.
public func maskChannels(_ tensor: Tensor, packing: PackedRows, spans: [[Range<Int>]]) {
    precondition(spans.count == packing.count, "spans of \(spans.count) of \(packing.count) utterances")
    guard tensor.device == .cpu else { return }
    for utterance in 0..<packing.count where !spans[utterance].isEmpty {
        for row in packing[utterance] {
            let channels = tensor.rows(row..<row + 1)
            for span in spans[utterance] { channels.elements(span).fill(0) }
        }
    }
}
