/// A curve of any number of points in the memory of some: where they would be too many, neighbours become one place,
/// of which the lowest and the highest point are kept, so that no peak is lost.
package struct ThinnedCurve: Sendable {
    /// A point of a curve.
    package typealias Point = (x: Double, y: Double)

    private struct Place {
        var low: Point
        var high: Point
        var count = 1

        init(_ point: Point) { (low, high) = (point, point) }

        mutating func add(_ other: Place) {
            // What is no number is no peak, but a place that holds nothing else stays one.
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
    /// Points that make a place.
    private var stride = 1

    /// An empty curve.
    ///
    /// - Parameter limit: The most places; each gives two points at most.
    package init(limit: Int = 512) { self.limit = max(2, limit) }

    /// Adds a point behind the others.
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

    /// The points, in order: all that were added, as long as they are not more than the limit.
    package var points: [Point] { places.flatMap(\.points) }
}
