/// The shares of wholes, as bars of one height.
package struct StackedBars: Sendable {
    package let title: String
    /// The meaning of bars.
    package let label: String
    /// The names of the parts, from the lowest up.
    package let parts: [String]
    /// A bar's name, and the amounts of its parts.
    package let bars: [(name: String, amounts: [Double])]

    /// A picture of shares.
    package init(_ title: String, label: String, parts: [String], bars: [(name: String, amounts: [Double])]) {
        (self.title, self.label, self.parts, self.bars) = (title, label, parts, bars)
    }

    private static let (width, height, left, top, bottom) = (520.0, 300.0, 48.0, 12.0, 40.0)

    /// A part of a `Page`, with its title above and the names of the parts beside the last bar.
    package var figure: String {
        let vertical = ChartAxis([0, 100], from: Self.height - Self.bottom, to: Self.top)
        let right = Self.width - (parts.map { Drawing.width(of: $0) }.max() ?? 0) - 24
        let slot = (right - Self.left) / Double(max(1, bars.count))
        var drawing = Drawing(width: Self.width, height: Self.height, label: title)
        for tick in vertical.ticks {
            drawing.text(
                ChartAxis.label(tick) + " %", Self.left - 6, vertical.place(tick) + 4, anchor: .end, size: 11,
                .muted)
        }
        for (index, bar) in bars.enumerated() {
            let (x, whole) = (Self.left + slot * Double(index), max(bar.amounts.reduce(0, +), 1e-12))
            var below = 0.0
            for (part, amount) in bar.amounts.enumerated() {
                let share = 100 * amount / whole
                let y = vertical.place(below + share)
                drawing.rectangle(
                    x + slot * 0.12, y, width: slot * 0.76, height: vertical.place(below) - y, .series(part))
                below += share
            }
            drawing.text(bar.name, x + slot / 2, Self.height - Self.bottom + 16, size: 11, .muted)
        }
        drawing.text(label, (Self.left + right) / 2, Self.height - 6, size: 11, .muted)
        for (part, name) in parts.enumerated() {
            let y = Self.height - Self.bottom - 16 * Double(part)
            drawing.rectangle(right + 6, y - 10, width: 10, height: 10, .series(part))
            drawing.text(name, right + 20, y - 1, anchor: .start, size: 11)
        }
        return drawing.figure
    }
}
