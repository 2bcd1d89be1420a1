internal import Foundation

/// A self-contained SVG picture: no external font, script or style.
struct Drawing: Sendable {
    /// The alignment of a text at its position.
    enum Anchor: String, Sendable {
        case start
        case middle
        case end
    }

    /// Size in pixels.
    let width: Double
    let height: Double
    /// What the picture shows, for those who cannot see it.
    let label: String
    private var elements: [String] = []

    /// An empty picture.
    init(width: Double, height: Double, label: String) {
        (self.width, self.height, self.label) = (width, height, label)
    }

    /// Draws a line.
    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ ink: Ink) {
        elements.append(
            String(format: "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" ", x1, y1, x2, y2)
                + ink.attributes("stroke") + "/>")
    }

    /// Draws a line through points.
    mutating func path(_ points: [(x: Double, y: Double)], _ ink: Ink, isDashed: Bool = false) {
        elements.append(
            "<polyline fill=\"none\" \(ink.attributes("stroke")) stroke-width=\"1.8\" stroke-linejoin=\"round\" "
                + (isDashed ? "stroke-dasharray=\"6 4\" " : "") + "points=\"\(Self.places(points))\"/>")
    }

    /// Fills a polygon, pale enough for what is drawn over it to be visible.
    mutating func area(_ points: [(x: Double, y: Double)], _ ink: Ink) {
        elements.append(
            "<polygon \(ink.attributes("fill")) fill-opacity=\"0.13\" points=\"\(Self.places(points))\"/>")
    }

    private static func places(_ points: [(x: Double, y: Double)]) -> String {
        points.map { String(format: "%.1f,%.1f", $0.x, $0.y) }.joined(separator: " ")
    }

    /// Draws a dot.
    mutating func dot(_ x: Double, _ y: Double, _ ink: Ink) {
        elements.append(
            String(format: "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" ", x, y) + ink.attributes("fill") + "/>")
    }

    /// Fills a rectangle.
    mutating func rectangle(_ x: Double, _ y: Double, width: Double, height: Double, _ ink: Ink) {
        elements.append(
            String(format: "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" ", x, y, width, height)
                + ink.attributes("fill") + "/>")
    }

    /// Writes a text; turned, it reads upwards.
    mutating func text(
        _ text: String, _ x: Double, _ y: Double, anchor: Anchor = .middle, size: Double = 12,
        _ ink: Ink = .text, isBold: Bool = false, isTurned: Bool = false
    ) {
        elements.append(
            String(format: "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%g\" ", x, y, size)
                + "text-anchor=\"\(anchor.rawValue)\" " + ink.attributes("fill")
                + (isBold ? " font-weight=\"600\"" : "")
                + (isTurned ? String(format: " transform=\"rotate(-90 %.1f %.1f)\"", x, y) : "")
                + ">\(escapedHTML(text))</text>")
    }

    /// The approximate width of a text, in an unknown font.
    static func width(of text: String, size: Double = 12) -> Double { 0.6 * size * Double(text.count) }

    /// A standalone file, with its colours and background.
    var file: String {
        let size = String(format: "width=\"%g\" height=\"%g\" ", width, height)
        return element(
            size,
            "<style>\(Ink.styleSheet)</style>\n<rect width=\"100%\" height=\"100%\" \(Ink.paper.attributes("fill"))/>\n"
        )
    }

    /// A part of a `Page`, which has the colours, with its title above.
    var figure: String {
        "<figure><figcaption>\(escapedHTML(label))</figcaption>\n\(element("", ""))</figure>"
    }

    private func element(_ size: String, _ first: String) -> String {
        let box = size + String(format: "viewBox=\"0 0 %g %g\"", width, height)
        let role = label.isEmpty ? "" : " role=\"img\" aria-label=\"\(escapedHTML(label))\""
        return
            "<svg xmlns=\"http://www.w3.org/2000/svg\" \(box)\(role) font-family=\"system-ui, sans-serif\">\n"
            + first + elements.joined(separator: "\n") + "\n</svg>\n"
    }
}
