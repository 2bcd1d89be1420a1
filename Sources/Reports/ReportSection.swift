/// A heading, a remark and a table: a part of a Markdown file or of a page.
package struct ReportSection: Sendable {
    /// May be empty: then the table stands by itself.
    package let title: String
    /// What is to be known of the numbers, with code between backticks; may be empty.
    package let remark: String
    package let table: TextTable

    /// A table with words in its first column and numbers in the others.
    package init(_ title: String, remark: String = "", _ heads: [String], _ rows: [[String]]) {
        (self.title, self.remark) = (title, remark)
        table = TextTable(
            heads.enumerated().map { $0.offset == 0 ? .left($0.element) : .right($0.element) }, rows: rows)
    }

    /// Lines of Markdown, the last of them empty.
    package var markdown: [String] {
        (title.isEmpty ? [] : ["## \(title)", ""]) + (remark.isEmpty ? [] : [remark, ""]) + table.markdown + [
            ""
        ]
    }

    /// Elements of a `Page`.
    package var html: String {
        (title.isEmpty ? "" : "<h2>\(escapedHTML(title))</h2>\n")
            + (remark.isEmpty ? "" : "<p>\(Page.sentence(remark))</p>\n") + table.html
    }
}
