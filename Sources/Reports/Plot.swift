/// Series over two axes, each labelled at its end: the plotter of all reports.
package struct Plot: Sendable {
    /// How numbers are mapped to positions.
    package enum Scale: Sendable {
        /// Equal distances are equal differences, between round numbers.
        case linear
        /// The same from zero, for shares and costs.
        case fromZero
        /// Equal distances are equal ratios, labelled at doublings of the smallest value.
        case doublings
        /// Equal distances are equal ratios, labelled at round numbers.
        case ratios
    }

    /// An axis: quantity, unit and scale.
    package struct Axis: Sendable {
        package var label: String
        package var scale: Scale

        /// An axis.
        package init(_ label: String, _ scale: Scale = .linear) { (self.label, self.scale) = (label, scale) }
    }

    /// A point with its interval.
    package struct Point: Sendable {
        package var x: Double
        package var y: Double
        package var low: Double?
        package var high: Double?
        /// The label beside it.
        package var label = ""

        /// A point and its interval, if it has one.
        package init(x: Double, y: Double, low: Double? = nil, high: Double? = nil, label: String = "") {
            (self.x, self.y, self.low, self.high, self.label) = (x, y, low, high, label)
        }
    }

    /// How a series is drawn.
    package enum Mark: Sendable {
        /// A line through measured points; if there are few, each has a dot, and its interval as a bar.
        case line
        /// A smooth line with its interval as a band, for computed values.
        case curve
        /// Only dots, with bars, if values in between are meaningless.
        case dots
        /// A constant: a dashed line across.
        case level
    }

    /// Points of one name and colour.
    package struct Series: Sendable {
        /// The label at its end; may be empty.
        package var name: String
        package var ink: Ink
        package var mark: Mark
        package var points: [Point]

        /// A series of points.
        package init(_ name: String, _ ink: Ink, _ mark: Mark = .line, points: [Point]) {
            (self.name, self.ink, self.mark, self.points) = (name, ink, mark, points)
        }
    }

    package let title: String
    package let x: Axis
    package let y: Axis
    package var series: [Series]
    /// Whether points of several series at one place are drawn beside each other, so that none hides another.
    package var separatesPoints = false

    /// A picture of series.
    package init(_ title: String, x: Axis, y: Axis, series: [Series] = []) {
        (self.title, self.x, self.y, self.series) = (title, x, y, series)
    }

    /// A standalone file, with its title.
    package var file: String { drawing(width: 640, height: 400, showsTitle: true).file }

    /// A part of a `Page`, with its title above.
    package var figure: String { drawing(width: 420, height: 280, showsTitle: false).figure }
}
