/// Rows of cells under titles, for a terminal, a Markdown file or a page.
package struct TextTable: Sendable {
    /// A column's title and alignment.
    package struct Column: Sendable {
        let title: String
        let isRight: Bool
        let minimumWidth: Int

        /// A column of words.
        package static func left(_ title: String, minimumWidth: Int = 0) -> Column {
            Column(title: title, isRight: false, minimumWidth: minimumWidth)
        }

        /// A column of numbers.
        package static func right(_ title: String, minimumWidth: Int = 0) -> Column {
            Column(title: title, isRight: true, minimumWidth: minimumWidth)
        }
    }

    package let columns: [Column]
    /// A row may be shorter than the columns: missing cells are empty.
    package var rows: [[String]]

    /// A table of these columns.
    package init(_ columns: [Column], rows: [[String]] = []) { (self.columns, self.rows) = (columns, rows) }

    /// Facts, one line each: name and value.
    package init(facts: [(name: String, text: String)], width: Int) {
        self.init([.left("", minimumWidth: width), .left("")], rows: facts.map { [$0.name, $0.text] })
    }

    /// Lines for a terminal, each column as wide as its widest cell, two spaces apart; a line of titles if there are any.
    package var lines: [String] {
        let titles = columns.map(\.title)
        let all = (titles.allSatisfy(\.isEmpty) ? [] : [titles]) + rows
        let widths = columns.indices.map { column in
            all.reduce(columns[column].minimumWidth) { max($0, column < $1.count ? $1[column].count : 0) }
        }
        return all.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let space = String(repeating: " ", count: max(0, widths[column] - cell.count))
                line += (column > 0 ? "  " : "") + (columns[column].isRight ? space + cell : cell + space)
            }
            // No trailing spaces.
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    /// The lines as one text.
    package var text: String { lines.joined(separator: "\n") }

    /// Lines of Markdown.
    package var markdown: [String] {
        func line(_ cells: [String]) -> String {
            "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
        }
        return [line(columns.map(\.title)), line(columns.map { $0.isRight ? "---:" : "---" })]
            + rows.map(line)
    }

    /// A cell that stands out: in bold where there is such a thing, between asterisks elsewhere.
    package static func strong(_ cell: String) -> String { "**\(cell)**" }

    /// An element of a `Page`, which a keyboard can scroll where it is wider than the screen.
    package var html: String {
        func line(_ cells: [String], _ tag: String) -> String {
            let cells = zip(cells, columns).map { cell, column in
                // An empty title is not a title to screen readers.
                let tag = cell.isEmpty ? "td" : tag
                let isStrong = cell.count > 4 && cell.hasPrefix("**") && cell.hasSuffix("**")
                let text =
                    isStrong
                    ? "<b>\(escapedHTML(String(cell.dropFirst(2).dropLast(2))))</b>" : escapedHTML(cell)
                return "<\(tag)\(column.isRight ? " class=\"right\"" : "")>\(text)</\(tag)>"
            }
            return "<tr>\(cells.joined())</tr>"
        }
        let body = rows.map { line($0, "td") }.joined(separator: "\n")
        let titles = columns.map(\.title)
        let head = titles.allSatisfy(\.isEmpty) ? "" : line(titles, "th") + "\n"
        return "<div class=\"table\" tabindex=\"0\"><table>\(head)\(body)</table></div>"
    }
}
