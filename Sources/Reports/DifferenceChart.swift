internal import Foundation

/// Differences with their intervals, one below the other, beside the line of no difference.
package struct DifferenceChart: Sendable {
    /// A difference of two things.
    package struct Row: Sendable {
        let name: String
        let ink: Ink
        let value: Double
        let interval: ClosedRange<Double>?

        /// A difference, in the unit of the axis.
        package init(_ name: String, _ ink: Ink, value: Double, interval: ClosedRange<Double>?) {
            (self.name, self.ink, self.value, self.interval) = (name, ink, value, interval)
        }
    }

    package let title: String
    /// What the axis shows, with its unit.
    package let label: String
    /// Rows under a common name.
    package let groups: [(name: String, rows: [Row])]

    /// A picture of differences.
    package init(_ title: String, label: String, groups: [(name: String, rows: [Row])]) {
        (self.title, self.label, self.groups) = (title, label, groups)
    }

    private static let (width, rowHeight, top, bottom) = (420.0, 18.0, 6.0, 40.0)

    /// A part of a `Page`, with its title above.
    package var figure: String {
        let rows = groups.flatMap(\.rows)
        let lines = rows.count + groups.count
        let height = Self.top + Self.rowHeight * Double(lines) + Self.bottom
        let left = (rows.map { Drawing.width(of: $0.name) }.max() ?? 0) + 24
        let axis = ChartAxis(
            rows.flatMap { [$0.interval?.lowerBound ?? $0.value, $0.interval?.upperBound ?? $0.value, 0] },
            from: left, to: Self.width - 64)
        var drawing = Drawing(width: Self.width, height: height, label: title)
        let ground = height - Self.bottom
        for tick in axis.ticks {
            let x = axis.place(tick)
            drawing.line(x, Self.top, x, ground, tick == 0 ? .text : .grid)
            drawing.text(ChartAxis.label(tick), x, ground + 16, size: 11, .muted)
        }
        drawing.text(label, (left + Self.width - 64) / 2, height - 6, size: 11, .muted)
        var y = Self.top
        for group in groups {
            y += Self.rowHeight
            drawing.text(group.name, 4, y - 5, anchor: .start, size: 11, isBold: true)
            for row in group.rows {
                y += Self.rowHeight
                draw(row, at: y - Self.rowHeight / 2, axis, in: &drawing)
            }
        }
        return drawing.figure
    }

    /// A row: what is clear of zero has its number in bold.
    private func draw(_ row: Row, at y: Double, _ axis: ChartAxis, in drawing: inout Drawing) {
        drawing.text(row.name, 14, y + 4, anchor: .start)
        if let interval = row.interval {
            let (low, high) = (axis.place(interval.lowerBound), axis.place(interval.upperBound))
            drawing.line(low, y, high, y, row.ink)
            for end in [low, high] { drawing.line(end, y - 3, end, y + 3, row.ink) }
        }
        drawing.dot(axis.place(row.value), y, row.ink)
        drawing.text(
            String(format: "%+.2f", row.value), Self.width - 4, y + 4, anchor: .end, size: 11,
            isBold: row.interval.map { !$0.contains(0) } ?? false)
    }
}
