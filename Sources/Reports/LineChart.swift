/// Points of several series over one axis, joined by lines, with their spread.
package struct LineChart: Sendable {
    /// A point; its bar reaches a deviation up and down.
    package struct Point: Sendable {
        package var x: Double
        package var y: Double
        package var deviation = 0.0
        /// What is written beside it.
        package var label = ""

        /// A point of a line.
        package init(x: Double, y: Double, deviation: Double = 0.0, label: String = "") {
            self.x = x
            self.y = y
            self.deviation = deviation
            self.label = label
        }
    }

    /// Points of one name and colour.
    package struct Series: Sendable {
        package var name: String
        package var color: String
        package var points: [Point]
        /// Whether its one value holds everywhere: a dashed line across.
        package var isLevel = false

        /// A line through these points.
        package init(name: String, color: String, points: [Point], isLevel: Bool = false) {
            (self.name, self.color, self.points, self.isLevel) = (name, color, points, isLevel)
        }
    }

    package let title: String
    package let x: String
    package let y: String
    package var series: [Series] = []

    private static let (width, height) = (640.0, 400.0)
    private static let (left, right, top, bottom) = (64.0, 110.0, 40.0, 52.0)

    package init(title: String, x: String, y: String) { (self.title, self.x, self.y) = (title, x, y) }

    /// The picture.
    package var svg: String {
        let points = series.filter { !$0.isLevel }.flatMap(\.points)
        let horizontal = ChartAxis(points.map(\.x), from: Self.left, to: Self.width - Self.right)
        let vertical = ChartAxis(
            series.flatMap(\.points).flatMap { [$0.y - $0.deviation, $0.y + $0.deviation] },
            from: Self.height - Self.bottom, to: Self.top)
        var drawing = Drawing(width: Self.width, height: Self.height)
        frame(horizontal, vertical, in: &drawing)
        for series in series { draw(series, horizontal, vertical, in: &drawing) }
        for (index, series) in series.enumerated() {
            let y = Self.top + 8 + 20 * Double(index)
            let x = Self.width - Self.right + 16
            drawing.path([(x, y), (x + 22, y)], color: series.color, isDashed: series.isLevel)
            drawing.text(series.name, x + 28, y + 4, anchor: .start)
        }
        return drawing.svg
    }

    private func frame(_ horizontal: ChartAxis, _ vertical: ChartAxis, in drawing: inout Drawing) {
        let (low, end) = (Self.height - Self.bottom, Self.width - Self.right)
        drawing.text(title, Self.left, 22, anchor: .start, size: 15, isBold: true)
        for tick in vertical.ticks {
            let y = vertical.place(tick)
            drawing.line(Self.left, y, end, y, color: "#ddd")
            drawing.text(ChartAxis.label(tick), Self.left - 8, y + 4, anchor: .end)
        }
        for tick in horizontal.ticks {
            let x = horizontal.place(tick)
            drawing.line(x, low, x, low + 5, color: "#999")
            drawing.text(ChartAxis.label(tick), x, low + 20)
        }
        drawing.line(Self.left, low, end, low, color: "#999")
        drawing.text(x, (Self.left + end) / 2, Self.height - 10)
        drawing.text(y, 16, (Self.top + low) / 2, isTurned: true)
    }

    private func draw(
        _ series: Series, _ horizontal: ChartAxis, _ vertical: ChartAxis, in drawing: inout Drawing
    ) {
        let places = series.points.map { (x: horizontal.place($0.x), y: vertical.place($0.y)) }
        if series.isLevel, let place = places.first {
            let ends = [(x: Self.left, y: place.y), (x: Self.width - Self.right, y: place.y)]
            drawing.path(ends, color: series.color, isDashed: true)
            return
        }
        if places.count > 1 { drawing.path(places, color: series.color) }
        for (point, place) in zip(series.points, places) {
            if point.deviation > 0 {
                let (up, down) = (
                    vertical.place(point.y + point.deviation), vertical.place(point.y - point.deviation)
                )
                drawing.line(place.x, up, place.x, down, color: series.color)
                for y in [up, down] { drawing.line(place.x - 3, y, place.x + 3, y, color: series.color) }
            }
            drawing.dot(place.x, place.y, color: series.color)
            if !point.label.isEmpty {
                drawing.text(
                    point.label, place.x + 6, place.y - 6, anchor: .start, size: 10, color: series.color)
            }
        }
    }
}
