import Testing

@testable import Reports

struct TextTableTests {
    private let table = TextTable(
        [.left("method"), .right("WER, %")], rows: [["parp", "9.50"], ["a|b <c>", "10.25"], ["dense"]])

    @Test("columns are as wide as their widest cells, numbers end together, and no line ends in spaces")
    func lines() {
        #expect(table.lines == ["method   WER, %", "parp       9.50", "a|b <c>   10.25", "dense"])
    }

    @Test("facts have no header, and a longer name moves every value")
    func facts() {
        let facts = TextTable(facts: [("ranks", "2"), ("a longer name", "3")], width: 8)
        #expect(facts.lines == ["ranks          2", "a longer name  3"])
        #expect(TextTable(facts: [("ranks", "2")], width: 8).text == "ranks     2")
    }

    @Test("Markdown and HTML escape what they would take for their own")
    func escapes() {
        #expect(table.markdown[1...2] == ["| --- | ---: |", "| parp | 9.50 |"])
        #expect(table.markdown[3] == "| a\\|b <c> | 10.25 |")
        #expect(table.html.contains("<td>a|b &lt;c&gt;</td><td class=\"right\">10.25</td>"))
        #expect(XMLCheck.isWellFormed(table.html))
    }
}

struct PageTests {
    @Test("a page escapes its title, and may load nothing from anywhere")
    func page() {
        let html = Page("a <b>", body: ["<p>c</p>", Page.preformatted("1 < 2")]).html
        #expect(
            html.contains("<title>a &lt;b&gt;</title>") && html.contains("<pre tabindex=\"0\">1 &lt; 2</pre>")
        )
        #expect(html.contains("default-src 'none'") && html.contains("@media print"))
    }
}
