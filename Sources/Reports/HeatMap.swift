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

    private static let (left, top, cell, cellHeight) = (96.0, 72.0, 72.0, 36.0)

    /// A standalone file, with its title.
    package var file: String { drawing.file }

    private var drawing: Drawing {
        let known = values.flatMap { $0.compactMap { $0 } }.filter(\.isFinite)
        let low = range?.lowerBound ?? known.min() ?? 0
        let high = range?.upperBound ?? known.max() ?? 1
        let (width, height) = (Self.cell * Double(columns.count), Self.cellHeight * Double(rows.count))
        // A bold title of 15 pixels takes about 9 per character.
        var drawing = Drawing(
            width: max(Self.left + width + 24, 24 + 9 * Double(title.count)), height: Self.top + height + 20,
            label: title)
        drawing.text(title, 16, 22, anchor: .start, size: 15, isBold: true)
        drawing.text(columnTitle, Self.left + width / 2, 44, .muted)
        drawing.text(rowTitle, Self.left - 10, 62, anchor: .end, .muted)
        for (index, name) in columns.enumerated() {
            drawing.text(name, Self.left + Self.cell * (Double(index) + 0.5), 62)
        }
        for (row, name) in rows.enumerated() {
            let y = Self.top + Self.cellHeight * Double(row)
            drawing.text(name, Self.left - 10, y + Self.cellHeight / 2 + 4, anchor: .end)
            for (column, value) in values[row].enumerated() {
                let share = value.flatMap { $0.isFinite ? Self.share($0, low, high) : nil }
                draw(value, share: share.map { isLowGood ? 1 - $0 : $0 }, column: column, y: y, in: &drawing)
            }
        }
        return drawing
    }

    private func draw(
        _ value: Double?, share: Double?, column: Int, y: Double, in drawing: inout Drawing
    ) {
        let x = Self.left + Self.cell * Double(column)
        drawing.rectangle(
            x + 1, y + 1, width: Self.cell - 2, height: Self.cellHeight - 2,
            share.map(Ink.shade) ?? .unknown)
        guard let value, let share else { return }
        drawing.text(
            String(format: format, value), x + Self.cell / 2, y + Self.cellHeight / 2 + 4,
            .onShade(share))
    }

    private static func share(_ value: Double, _ low: Double, _ high: Double) -> Double {
        high > low ? min(1, max(0, (value - low) / (high - low))) : 0
    }
}
