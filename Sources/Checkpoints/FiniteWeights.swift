internal import Tensors

/// Refuses a tensor with NaN or infinite values: nothing computed from it would be meaningful.
///
/// - Throws: `CheckpointError` with the tensor's name and the place in it.
func requireFinite(
    _ values: Tensor, _ name: String, of source: any TensorSource
) throws(CheckpointError) {
    // An exponent of ones. Counted without early exit, so that it vectorises and runs at memory speed.
    let exponent: UInt32 = 0x7F80_0000
    var count = 0
    for value in values.buffer where value.bitPattern & exponent == exponent { count += 1 }
    guard count > 0, let place = values.buffer.firstIndex(where: { !$0.isFinite }) else { return }
    throw CheckpointError(
        source.path,
        "tensor \(name) is not finite: \(count) of its \(values.count) numbers are NaN or infinite (the first, at "
            + "\(place), is \(values[place])); the run that wrote it had diverged, or its numbers did not fit"
    )
}
