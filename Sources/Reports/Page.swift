/// A self-contained HTML page, without network or scripts; it follows the reader's light or dark mode, and
/// prints on white.
package struct Page: Sendable {
    package let title: String
    /// The content below the title, as HTML: tables and figures by `TextTable.html`, `Plot.figure` and the
    /// like.
    package var body: [String]
    /// Whether it plays sounds stored beside it.
    package var hasSounds = false

    /// A page of such parts.
    package init(_ title: String, body: [String] = []) { (self.title, self.body) = (title, body) }

    /// Figures side by side, as many as fit.
    package static func figures(_ figures: [String]) -> String {
        "<div class=\"figures\">\n\(figures.joined(separator: "\n"))\n</div>"
    }

    /// Preformatted text.
    package static func preformatted(_ text: String) -> String {
        "<pre tabindex=\"0\">\(escapedHTML(text))</pre>"
    }

    /// A collapsed section.
    package static func folded(_ title: String, _ body: String) -> String {
        "<details><summary>\(escapedHTML(title))</summary>\n\(body)\n</details>"
    }

    /// Plain text, with code between backticks.
    package static func sentence(_ text: String) -> String {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated().map { index, part in
            let part = escapedHTML(String(part))
            return index % 2 == 1 ? "<code>\(part)</code>" : part
        }.joined()
    }

    /// The page's file; whatever the data contain, a browser loads nothing but sounds beside it.
    package var html: String {
        """
        <!doctype html>
        <html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'\(hasSounds ? "; media-src file:" : "")">
        <title>\(escapedHTML(title))</title>
        <style>
        \(Self.style)
        \(Ink.styleSheet)
        </style>
        <body class="text">
        <main>
        <h1>\(escapedHTML(title))</h1>
        \(body.joined(separator: "\n"))
        </main>
        </html>

        """
    }

    private static let style = """
        :root { --paper: #ffffff; --inset: #f5f5f3; --rule: #dddddd; --said: #a33000; --heard: #00608a; }
        @media screen and (prefers-color-scheme: dark) {
          :root { --paper: #16181c; --inset: #22252b; --rule: #363a42; --said: #ff9e80; --heard: #7fd0f0; }
        }
        a { color: var(--heard); }
        html { background: var(--paper); }
        body { font: 15px/1.5 system-ui, sans-serif; margin: 1.5em auto; max-width: 72em; padding: 0 .8em; }
        h1 { font-size: 1.7em; line-height: 1.25; } h2 { font-size: 1.25em; margin-top: 1.6em; }
        .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(25em, 100%), 1fr)); gap: 1.5em; }
        .headline { font-size: 18px; max-width: 48em; }
        details { margin: 1em 0; } summary { cursor: pointer; font-weight: 600; }
        .utterance { margin: 1em 0; max-width: 60em; } .utterance p { margin: .2em 0; } audio { height: 2.4em; width: 100%; max-width: 26em; }
        del { color: var(--said); } ins { color: var(--heard); }
        figure { margin: 0; break-inside: avoid; } figcaption { font-weight: 600; } svg { width: 100%; max-width: 540px; height: auto; }
        .table { overflow-x: auto; margin-bottom: 1.5em; }
        table { border-collapse: collapse; font-size: 14px; white-space: nowrap; font-variant-numeric: tabular-nums; }
        td, th { padding: .15em .9em .15em 0; text-align: left; } .right { text-align: right; }
        th { border-bottom: 1px solid var(--rule); white-space: normal; vertical-align: bottom; line-height: 1.25; }
        pre { background: var(--inset); padding: 1em; overflow-x: auto; font-size: 13px; }
        @media print { .figures { grid-template-columns: 1fr 1fr; } audio { display: none; } }
        @media print { body { margin: 0; max-width: none; } pre { white-space: pre-wrap; } .table { overflow: visible; } }
        """
}

/// A text escaped for HTML, including attribute values.
package func escapedHTML(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        .replacing("\"", with: "&quot;")
}
