public import Tensors

/// Sums gradients over all ranks in buckets, each as soon as backward has passed it, while backward goes on.
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
    /// When the buckets of the last update were all-reduced, hidden behind backward or not.
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
    /// With `kept`, one bit for each of the gradients, those that are not kept do not travel and are 0 after
    /// `finish`: exact for weights whose mask does not change. All ranks pass the same bits.
    public mutating func begin(trainableFrom offset: Int, kept: KeptElements? = nil) {
        precondition(!isOpen, "the update before was not finished")
        precondition(
            kept?.covers(gradients.count) ?? true, "fewer bits than the \(gradients.count) gradients")
        isOpen = true
        first = offset
        remaining = gradients.count
        self.kept = kept
    }

    /// Says that this rank adds nothing more to the gradients from an offset to the end.
    ///
    /// Only the last micro-batch of an update may say so. A rank without utterances says it once, for
    /// everything.
    public mutating func gradientsFinal(from offset: Int) {
        precondition(isOpen, "no update was begun")
        let reached = max(first, offset)
        while remaining - reached >= bucketElements || (reached == first && remaining > first) {
            let lower = max(first, remaining - bucketElements)
            pending.append(
                communicator.enqueueSum(
                    gradients.elements(lower..<remaining), wire: wire, kept: kept?.from(lower)))
            remaining = lower
        }
    }

    /// Waits for all buckets; a last, small message sums what else the update needs, loss and counts, and gives
    /// every rank what each has to say of itself.
    ///
    /// - Parameters:
    ///   - extra: Summed over all ranks, in place.
    ///   - own: What this rank says of itself, as many numbers as the others.
    /// - Returns: What each rank says of itself, in the order of ranks.
    /// - Throws: The first fault of all, once no operation is under way any more.
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
