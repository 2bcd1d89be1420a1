/// A curve of any number of points in bounded memory: if there are too many, neighbours are merged, keeping
/// the lowest and the highest point, so that no peak is lost.
package struct ThinnedCurve: Sendable {
    /// A point of a curve.
    package typealias Point = (x: Double, y: Double)

    private struct Place {
        var low: Point
        var high: Point
        var count = 1

        init(_ point: Point) { (low, high) = (point, point) }

        mutating func add(_ other: Place) {
            // NaN is not a peak, but is kept if a group has nothing else.
            if other.low.y < low.y || low.y.isNaN { low = other.low }
            if other.high.y > high.y || high.y.isNaN { high = other.high }
            count += other.count
        }

        var points: [Point] {
            if low.x == high.x { return [low] }
            return low.x < high.x ? [low, high] : [high, low]
        }
    }

    private let limit: Int
    private var places: [Place] = []
    /// Points per group.
    private var stride = 1

    /// An empty curve.
    ///
    /// - Parameter limit: The maximum number of groups; each gives at most two points.
    package init(limit: Int = 512) { self.limit = max(2, limit) }

    /// Appends a point.
    package mutating func add(x: Double, y: Double) {
        let place = Place((x, y))
        if let last = places.last, last.count < stride {
            places[places.count - 1].add(place)
            return
        }
        places.append(place)
        guard places.count > limit else { return }
        stride *= 2
        places = Swift.stride(from: 0, to: places.count, by: 2).map { index in
            var joined = places[index]
            if index + 1 < places.count { joined.add(places[index + 1]) }
            return joined
        }
    }

    /// The points, in order: all that were added, up to the limit.
    package var points: [Point] { places.flatMap(\.points) }
}
