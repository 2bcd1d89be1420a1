internal import Tensors

/// Attention within each sequence of a pass, with its projections: blocks differ in this.
protocol AttentionLayer: Sendable {
    /// What backward needs.
    associatedtype Saved
    /// A pass's further inputs besides the frames, the same in all blocks.
    associatedtype Context

    /// The first of its parameters in the flat store.
    var firstSlot: ParameterSlot { get }

    /// Writes attention's output, for the residual sum.
    func forward(
        _ input: Matrix, context: Context, pass: Pass, arena: inout Arena, into result: Tensor
    ) -> Saved

    /// Accumulates the layer's gradients, and writes the input's or, with `adding`, adds to it.
    func backward(
        _ dResult: Matrix, saved: Saved, context: Context, pass: Pass, adding: Bool, arena: inout Arena,
        into dInput: Tensor)
}

/// The names of a block's parameters in a checkpoint.
struct BlockNames: Sendable {
    /// q, k, v and the output projection; empty if attention has its own names.
    var query = ""
    var key = ""
    var value = ""
    var attentionOutput = ""
    /// The norm of attention.
    var layerNorm: String
    var intermediate: String
    var output: String
    /// The norm of the feed-forward.
    var finalLayerNorm: String
}
