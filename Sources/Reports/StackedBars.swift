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

    private static let (width, left, top, barsHeight) = (420.0, 48.0, 12.0, 228.0)
    /// The legend's columns and line height.
    private static let (nameColumns, nameHeight) = (2, 18.0)

    /// A part of a `Page`, with its title above and the names of the parts below.
    package var figure: String {
        let ground = Self.top + Self.barsHeight
        let vertical = ChartAxis([0, 100], from: ground, to: Self.top)
        let slot = (Self.width - Self.left - 8) / Double(max(1, bars.count))
        let lines = (parts.count + Self.nameColumns - 1) / Self.nameColumns
        var drawing = Drawing(
            width: Self.width, height: ground + 44 + Self.nameHeight * Double(lines), label: title)
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
            drawing.text(bar.name, x + slot / 2, ground + 16, size: 11, .muted)
        }
        drawing.text(label, (Self.left + Self.width) / 2, ground + 34, size: 11, .muted)
        let column = (Self.width - Self.left) / Double(Self.nameColumns)
        for (part, name) in parts.enumerated() {
            let x = Self.left + column * Double(part % Self.nameColumns)
            let y = ground + 36 + Self.nameHeight * Double(part / Self.nameColumns)
            drawing.rectangle(x, y, width: 10, height: 10, .series(part))
            drawing.text(name, x + 14, y + 9, anchor: .start, size: 11)
        }
        return drawing.figure
    }
}
