public import Tensors

/// Sums gradients over all ranks in buckets, each as soon as backward has passed it, while backward goes on.
///
/// Backward makes gradients final from the end of the store down, so readiness is one number. Buckets are
/// slices of the flat gradients and depend only on their extents: all ranks launch the same ones in the same
/// order.
public struct GradientReducer: ~Copyable {
    private let communicator: any Communicator
    private let gradients: Tensor
    private let bucketElements: Int
    private var first = 0
    private var remaining = 0
    private var pending: [PendingOperation] = []
    /// The seconds that all-reduces of the last update took, hidden behind backward or not.
    public private(set) var communicationSeconds = 0.0

    /// A reducer of one flat gradient buffer.
    public init(communicator: any Communicator, gradients: Tensor, bucketBytes: Int) {
        self.communicator = communicator
        self.gradients = gradients
        bucketElements = max(1, bucketBytes / MemoryLayout<Float>.stride)
    }

    /// Starts an update in which the gradients from an offset to the end are summed.
    public mutating func begin(trainableFrom offset: Int) {
        precondition(pending.isEmpty, "the update before was not finished")
        first = offset
        remaining = gradients.count
    }

    /// Says that this rank adds nothing more to the gradients from an offset to the end.
    ///
    /// Only the last micro-batch of an update may say so. A rank without utterances says it once, for
    /// everything.
    public mutating func gradientsFinal(from offset: Int) {
        let reached = max(first, offset)
        while remaining - reached >= bucketElements || (reached == first && remaining > first) {
            let lower = max(first, remaining - bucketElements)
            pending.append(communicator.enqueueSum(gradients.elements(lower..<remaining)))
            remaining = lower
        }
    }

    /// Waits for all buckets; a last, small message sums what else the update needs: loss, counts, flags.
    public mutating func finish(extra: inout [Double]) throws(CollectiveError) {
        gradientsFinal(from: first)
        try communicator.allReduceSum(&extra)
        communicationSeconds = 0
        for operation in pending {
            try operation.wait()
            communicationSeconds += operation.seconds
        }
        pending.removeAll(keepingCapacity: true)
    }
}
