internal import Foundation

/// A matrix of numbers, each cell coloured by its number.
package struct HeatMap: Sendable {
    package let title: String
    /// What rows are, and what columns are; may be empty.
    package let rowTitle: String
    package let columnTitle: String
    package let rows: [String]
    package let columns: [String]
    /// Row by row; nil is unknown.
    package let values: [[Double?]]
    /// How a number is written.
    package let format: String
    /// The numbers of the palest and the darkest cell; nil uses the minimum and maximum.
    package let range: ClosedRange<Double>?
    /// Whether the lowest number is to be the darkest.
    package var isLowGood = false

    /// A picture of such values.
    package init(
        title: String, rowTitle: String, columnTitle: String, rows: [String], columns: [String],
        values: [[Double?]], format: String, range: ClosedRange<Double>?, isLowGood: Bool = false
    ) {
        self.title = title
        self.rowTitle = rowTitle
        self.columnTitle = columnTitle
        self.rows = rows
        self.columns = columns
        self.values = values
        self.format = format
        self.range = range
        self.isLowGood = isLowGood
    }

    private static let left = 96.0

    /// A standalone file, with its title.
    package var file: String { drawing(top: 72, showsTitle: true).file }

    /// A part of a `Page`, with its title above.
    package var figure: String { drawing(top: 44, showsTitle: false).figure }

    private func drawing(top: Double, showsTitle: Bool) -> Drawing {
        let known = values.flatMap { $0.compactMap { $0 } }.filter(\.isFinite)
        let low = range?.lowerBound ?? known.min() ?? 0
        let high = range?.upperBound ?? known.max() ?? 1
        let cellHeight = rows.count > 8 ? 22.0 : 36
        let cell = columns.count > 5 ? 54.0 : 72
        let (width, height) = (cell * Double(columns.count), cellHeight * Double(rows.count))
        // A bold title of 15 pixels takes about 9 per character; on a page, few columns get no larger picture than many.
        let least = showsTitle ? 24 + 9 * Double(title.count) : 420
        var drawing = Drawing(
            width: max(Self.left + width + 24, least), height: top + height + 20, label: title)
        if showsTitle { drawing.text(title, 16, 22, anchor: .start, size: 15, isBold: true) }
        drawing.text(columnTitle, Self.left + width / 2, top - 28, .muted)
        drawing.text(rowTitle, Self.left - 10, top - 10, anchor: .end, .muted)
        for (index, name) in columns.enumerated() {
            drawing.text(name, Self.left + cell * (Double(index) + 0.5), top - 10)
        }
        for (row, name) in rows.enumerated() {
            let y = top + cellHeight * Double(row)
            drawing.text(name, Self.left - 10, y + cellHeight / 2 + 4, anchor: .end)
            for (column, value) in values[row].enumerated() {
                let share = value.flatMap { $0.isFinite ? Self.share($0, low, high) : nil }
                draw(
                    value, share: share.map { isLowGood ? 1 - $0 : $0 }, x: Self.left + cell * Double(column),
                    y: y,
                    width: cell, height: cellHeight, in: &drawing)
            }
        }
        return drawing
    }

    private func draw(
        _ value: Double?, share: Double?, x: Double, y: Double, width: Double, height: Double,
        in drawing: inout Drawing
    ) {
        drawing.rectangle(
            x + 1, y + 1, width: width - 2, height: height - 2,
            share.map(Ink.shade) ?? .unknown)
        guard let value, let share else { return }
        drawing.text(
            String(format: format, value), x + width / 2, y + height / 2 + 4,
            .onShade(share))
    }

    private static func share(_ value: Double, _ low: Double, _ high: Double) -> Double {
        high > low ? min(1, max(0, (value - low) / (high - low))) : 0
    }
}
