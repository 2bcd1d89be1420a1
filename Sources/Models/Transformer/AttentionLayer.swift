internal import Tensors

/// Attention within each sequence of a pass, with its projections: what blocks differ in.
protocol AttentionLayer: Sendable {
    /// What backward needs.
    associatedtype Saved
    /// What a pass gives it beside the frames, the same in all blocks.
    associatedtype Context

    /// The first of its parameters in the flat store.
    var firstSlot: ParameterSlot { get }

    /// Writes what is attended to, for the residual sum.
    func forward(
        _ input: Matrix, context: Context, pass: Pass, arena: inout Arena, into result: Tensor
    ) -> Saved

    /// Accumulates the layer's gradients, and writes the input's or, with `adding`, adds it to what is there.
    func backward(
        _ dResult: Matrix, saved: Saved, context: Context, pass: Pass, adding: Bool, arena: inout Arena,
        into dInput: Tensor)
}

/// What a block's parameters are called in a checkpoint.
struct BlockNames: Sendable {
    /// q, k, v and the projection behind them; empty where attention has names of its own.
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
