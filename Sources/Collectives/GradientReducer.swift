public import Tensors

/// Sums gradients over all ranks in buckets, each as soon as backward has finished it, during the rest of
/// backward.
///
/// Backward makes gradients final from the end of the store down, so readiness is one number. Buckets are
/// slices of the flat gradients and depend only on their extents: all ranks launch the same ones in the same
/// order.
public struct GradientReducer: ~Copyable {
    private let communicator: any Communicator
    private let gradients: Tensor
    private let wire: WireFormat
    /// The elements of a bucket: whole cache lines, so that no two buckets share one.
    private let bucketElements: Int
    private var kept: KeptElements?
    private var isOpen = false
    private var first = 0
    private var remaining = 0
    private var pending: [PendingOperation] = []
    /// When the last update's buckets were all-reduced, hidden by backward or not.
    public private(set) var intervals: [Range<ContinuousClock.Instant>] = []
    /// The seconds that this took.
    public var communicationSeconds: Double {
        intervals.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) / .seconds(1) }
    }

    /// A reducer of one flat gradient buffer.
    public init(
        communicator: any Communicator, gradients: Tensor, bucketBytes: Int, wire: WireFormat = .float32
    ) {
        self.communicator = communicator
        self.gradients = gradients
        self.wire = wire
        bucketElements = max(16, bucketBytes / MemoryLayout<Float>.stride / 16 * 16)
    }

    /// Starts an update in which the gradients from an offset to the end are summed.
    ///
    /// With `kept`, one bit for each of the gradients, those that are not kept are not sent and are 0 after
    /// `finish`: exact for weights whose mask does not change. All ranks pass the same bits.
    public mutating func begin(trainableFrom offset: Int, kept: KeptElements? = nil) {
        precondition(!isOpen, "the previous update was not finished")
        precondition(
            kept?.covers(gradients.count) ?? true, "fewer bits than the \(gradients.count) gradients")
        isOpen = true
        first = offset
        remaining = gradients.count
        self.kept = kept
    }

    /// Declares that this rank adds nothing more to the gradients from an offset to the end.
    ///
    /// Only the last micro-batch of an update may call this. A rank without utterances calls it once, for
    /// everything.
    public mutating func gradientsFinal(from offset: Int) {
        precondition(isOpen, "no update was started")
        let reached = max(first, offset)
        while remaining - reached >= bucketElements || (reached == first && remaining > first) {
            let lower = max(first, remaining - bucketElements)
            pending.append(
                communicator.enqueueSum(
                    gradients.elements(lower..<remaining), wire: wire, kept: kept?.from(lower)))
            remaining = lower
        }
    }

    /// Waits for all buckets; a last, small message sums what else the update needs, such as loss and counts,
    /// and exchanges the ranks' notes.
    ///
    /// - Parameters:
    ///   - extra: Summed over all ranks, in place.
    ///   - own: This rank's note, with as many numbers as the others'.
    /// - Returns: Each rank's note, in rank order.
    /// - Throws: The first fault, once no operation is in progress any more.
    @discardableResult
    public mutating func finish(
        extra: inout [Double], own: [Double] = []
    ) throws(CollectiveError) -> [[Double]] {
        gradientsFinal(from: first)
        isOpen = false
        var fault: CollectiveError?
        intervals.removeAll(keepingCapacity: true)
        for operation in pending {
            do throws(CollectiveError) { try operation.wait() } catch { fault = fault ?? error }
            if let interval = operation.interval { intervals.append(interval) }
        }
        pending.removeAll(keepingCapacity: true)
        if let fault { throw fault }
        return try communicator.allReduceSum(&extra, gathering: own)
    }
}
