public import Tensors

/// Which ranks of a node send its sum to the other nodes.
public enum Senders: String, Sendable, CaseIterable {
    /// Whichever a probe finds faster.
    case automatic = "auto"
    /// Every rank, each a slice: all cores of a node feed its network.
    case all
    /// Only the first rank of each node, in fewer and longer messages.
    case leaders
}

/// How gradients are summed: in which buckets, and by whom between nodes.
///
/// Sums have the same bits with any plan: within a node in rank order, then in node order.
public struct ReductionPlan: Sendable, Equatable {
    /// The bytes of a bucket.
    public var bucketBytes: Int
    /// Who sends; never `automatic`.
    public var senders: Senders
    /// The ranks of each group that shares memory, largest first.
    public var groupSizes: [Int]
    /// The measurements of each way, the chosen one first; empty if there was nothing to choose.
    public var probes: [ReductionProbe]

    /// One line for the log.
    public var description: String {
        let ranks = groupSizes.reduce(0, +)
        guard ranks > 1 else { return "gradients: one rank, nothing to sum" }
        let sizes =
            Set(groupSizes).count == 1
            ? "\(groupSizes[0])" : "\(groupSizes.map(String.init).joined(separator: "+"))"
        let place = groupSizes.count == 1 ? "one node" : "\(groupSizes.count) nodes of \(sizes)"
        let way =
            groupSizes.count == 1
            ? "" : senders == .all ? ", sent by every rank" : ", sent by one rank per node"
        let measured = probes.map {
            "\(groupSizes.count > 1 ? "\($0.senders.rawValue): " : "")\($0.description)"
        }
        return "gradients: \(ranks) ranks on \(place), buckets of \(bucketBytes.megabytes) MB\(way)"
            + (measured.isEmpty ? "" : " (probe: \(measured.joined(separator: "; ")))")
    }
}

/// The cost of sums of several lengths in one way: `latency + bytes · secondsPerByte`.
public struct ReductionProbe: Sendable, Equatable {
    /// One length.
    public struct Point: Sendable, Equatable {
        /// The bytes that were summed.
        public var bytes: Int
        /// The seconds of the slowest rank, the median of a few.
        public var seconds: Double
    }

    /// Who sent.
    public let senders: Senders
    /// What was measured.
    public let points: [Point]
    /// The seconds of a sum of nothing.
    public let latency: Double
    /// The seconds per byte.
    public let secondsPerByte: Double

    /// The least squares of relative errors over the points.
    init(senders: Senders, points: [Point]) {
        (self.senders, self.points) = (senders, points)
        // Each equation is divided by its time: α/t + n β/t = 1.
        var (aa, ab, bb, a1, b1) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for point in points {
            let (a, b) = (1 / point.seconds, Double(point.bytes) / point.seconds)
            aa += a * a
            ab += a * b
            bb += b * b
            a1 += a
            b1 += b
        }
        let determinant = aa * bb - ab * ab
        let alpha = determinant > 1e-12 * aa * bb ? (a1 * bb - b1 * ab) / determinant : 0
        // Neither can be negative: one that noise makes negative is set to 0, and the other is fitted alone.
        latency = alpha <= 0 ? 0 : min(alpha, a1 / aa)
        secondsPerByte = max((b1 - latency * ab) / bb, 1e-15)
    }

    /// The seconds that a sum of this many bytes takes.
    public func seconds(bytes: Int) -> Double { latency + Double(bytes) * secondsPerByte }

    var description: String {
        "\((latency * 1e6).rounded(to: 0)) µs + \((secondsPerByte * 1e9).rounded(to: 3)) ms per MB"
    }

    /// The bucket size that minimises latencies plus the last bucket, which nothing hides: with N bytes in
    /// buckets of b they cost N/b · α + b · β, least at b = √(N α/β).
    func bestBucket(totalBytes: Int) -> Int {
        let best = (Double(totalBytes) * latency / secondsPerByte).squareRoot()
        return min(
            max(Int(best), ReductionPlan.bucketLimits.lowerBound), ReductionPlan.bucketLimits.upperBound)
    }
}

extension ReductionPlan {
    /// Below, readiness is finer than layers are; above, nothing is left to overlap with.
    static let bucketLimits = 1 << 20...64 << 20
}

extension Communicator {
    /// Plans how a flat gradient buffer of zeros is summed; if there is a choice, sums of a few lengths are
    /// measured, in a second or less on most networks.
    ///
    /// All ranks get the same plan, since all decide from the slowest rank's times.
    ///
    /// - Parameters:
    ///   - gradients: Zeros, which stay zeros.
    ///   - bucketBytes: The bucket, or nil to choose it.
    public func planReduction(
        of gradients: Tensor, bucketBytes: Int?, senders: Senders, wire: WireFormat
    ) throws(CollectiveError) -> ReductionPlan {
        let groupSizes = try groupSizes()
        let totalBytes = gradients.count * MemoryLayout<Float>.stride
        var plan = ReductionPlan(
            bucketBytes: bucketBytes ?? ReductionPlan.bucketLimits.upperBound,
            senders: senders == .automatic ? .all : senders, groupSizes: groupSizes, probes: [])
        // If nodes have one rank each, all are leaders.
        let hasWays = groupSizes.count > 1 && groupSizes.last ?? 1 > 1 && senders == .automatic
        guard size > 1, hasWays || bucketBytes == nil, totalBytes > ReductionPlan.bucketLimits.lowerBound
        else {
            try setSenders(plan.senders)
            return plan
        }
        for way in hasWays ? [Senders.all, .leaders] : [plan.senders] {
            try setSenders(way)
            plan.probes.append(try probe(gradients, senders: way, wire: wire))
        }
        let typical = bucketBytes ?? min(totalBytes, 16 << 20)
        plan.probes.sort { $0.seconds(bytes: typical) < $1.seconds(bytes: typical) }
        plan.senders = plan.probes[0].senders
        plan.bucketBytes = bucketBytes ?? plan.probes[0].bestBucket(totalBytes: totalBytes)
        try setSenders(plan.senders)
        return plan
    }

    /// The ranks of each group that shares memory, largest first.
    private func groupSizes() throws(CollectiveError) -> [Int] {
        let places = try allGather([UInt64(groupRank)]).map { Int($0[0]) }
        return (0..<groupCount).map { group in
            // As many groups have a rank k as there are ranks k.
            (0..<places.count).count { rank in places.count { $0 == rank } > group }
        }
    }

    private func probe(
        _ gradients: Tensor, senders: Senders, wire: WireFormat
    ) throws(CollectiveError) -> ReductionProbe {
        let (repeats, longestSeconds) = (3, 0.25)
        var points: [ReductionProbe.Point] = []
        for bytes in [64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20] {
            let count = bytes / MemoryLayout<Float>.stride
            // A slow network shows its speed in short messages.
            guard count <= gradients.count,
                points.count < 2 || points[points.count - 1].seconds < longestSeconds / 4
            else { break }
            var samples: [Double] = []
            for turn in 0...repeats {
                let elapsed = try seconds(ofSumming: gradients.elements(0..<count), wire: wire)
                // The first turn touches memory and opens connections.
                if turn > 0 { samples.append(elapsed) }
            }
            points.append(.init(bytes: bytes, seconds: samples.sorted()[repeats / 2]))
        }
        return ReductionProbe(senders: senders, points: points)
    }

    /// The seconds of the slowest rank.
    private func seconds(ofSumming tensor: Tensor, wire: WireFormat) throws(CollectiveError) -> Double {
        try barrier()
        let start = ContinuousClock.now
        try enqueueSum(tensor, wire: wire, kept: nil).wait()
        let elapsed = (ContinuousClock.now - start) / .seconds(1)
        return try allGather([elapsed.bitPattern]).map { Double(bitPattern: $0[0]) }.max() ?? elapsed
    }
}

extension Int {
    fileprivate var megabytes: Double { (Double(self) / 1_048_576).rounded(to: 1) }
}

extension Double {
    fileprivate func rounded(to digits: Int) -> Double {
        let factor = (0..<digits).reduce(1.0) { power, _ in power * 10 }
        return (self * factor).rounded() / factor
    }
}
