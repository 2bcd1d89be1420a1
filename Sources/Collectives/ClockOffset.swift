internal import Foundation

/// The offset of a rank's clock from the root's.
public struct ClockOffset: Sendable, Codable, Equatable {
    /// The seconds to add to this rank's time to get the root's.
    public let seconds: Double
    /// The maximum error: half of the messages' round-trip time.
    public let uncertainty: Double
}

extension Communicator {
    /// Compares this rank's clock with the root's, as NTP does (Mills, RFC 5905, section 8) but by all ranks at once.
    ///
    /// A number sent by the root at b₀ arrives here at a: a − b₀ is the clock difference plus the message's
    /// time. The way back gives the difference with the opposite sign; half of both together is the messages'
    /// time alone. The fastest of several rounds counts, and in each round one side comes late, so that
    /// waiting is not mistaken for a message's time.
    public func clockOffset(
        rounds: Int = 16, now: () -> Double
    ) throws(CollectiveError) -> ClockOffset {
        var (fromRoot, arrivals) = (Double.infinity, [Double]())
        var departures: [[Double]] = []
        for round in 0..<rounds {
            let isLate = (rank == 0) == (round % 2 == 0)
            if isLate { Thread.sleep(forTimeInterval: 1e-3) }
            let left = try allGather([now().bitPattern]).map { Double(bitPattern: $0[0]) }
            let came = now()
            fromRoot = min(fromRoot, came - left[0])
            arrivals.append(came)
            departures.append(left)
        }
        let rootArrivals = try allGather(arrivals.map(\.bitPattern))[0].map(Double.init(bitPattern:))
        guard rank > 0 else { return ClockOffset(seconds: 0, uncertainty: 0) }
        let toRoot = zip(rootArrivals, departures).map { $0 - $1[rank] }.min() ?? .infinity
        return ClockOffset(seconds: (toRoot - fromRoot) / 2, uncertainty: (toRoot + fromRoot) / 2)
    }
}
