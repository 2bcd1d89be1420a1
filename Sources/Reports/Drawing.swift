internal import Foundation

/// A picture in SVG that needs nothing else: no font, no script, no style from elsewhere.
package struct Drawing: Sendable {
    /// Where a text stands at its place.
    package enum Anchor: String, Sendable {
        case start
        case middle
        case end
    }

    /// Extents in pixels.
    package let width: Double
    package let height: Double
    /// What the picture shows, for those who cannot see it.
    package var label = ""
    private var elements: [String] = []

    /// An empty picture.
    package init(width: Double, height: Double) { (self.width, self.height) = (width, height) }

    /// Draws a line.
    package mutating func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, color: String, width: Double = 1
    ) {
        elements.append(
            String(format: "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" ", x1, y1, x2, y2)
                + "stroke=\"\(color)\" stroke-width=\"\(width)\"/>")
    }

    /// Draws a line through points.
    package mutating func path(_ points: [(x: Double, y: Double)], color: String, isDashed: Bool = false) {
        elements.append(
            "<polyline fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\" "
                + (isDashed ? "stroke-dasharray=\"6 4\" " : "") + "points=\"\(Self.places(points))\"/>")
    }

    /// Fills what points enclose, pale enough for what lies on it to be seen.
    package mutating func area(_ points: [(x: Double, y: Double)], color: String) {
        elements.append(
            "<polygon fill=\"\(color)\" fill-opacity=\"0.13\" points=\"\(Self.places(points))\"/>")
    }

    private static func places(_ points: [(x: Double, y: Double)]) -> String {
        points.map { String(format: "%.1f,%.1f", $0.x, $0.y) }.joined(separator: " ")
    }

    /// Draws a dot.
    package mutating func dot(_ x: Double, _ y: Double, color: String) {
        elements.append(
            String(format: "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" ", x, y) + "fill=\"\(color)\"/>")
    }

    /// Fills a rectangle.
    package mutating func rectangle(_ x: Double, _ y: Double, width: Double, height: Double, color: String) {
        elements.append(
            String(format: "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" ", x, y, width, height)
                + "fill=\"\(color)\"/>")
    }

    /// Writes a text; turned, it reads upwards.
    package mutating func text(
        _ text: String, _ x: Double, _ y: Double, anchor: Anchor = .middle, size: Double = 12,
        color: String = "#333", isBold: Bool = false, isTurned: Bool = false
    ) {
        elements.append(
            String(format: "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%g\" ", x, y, size)
                + "text-anchor=\"\(anchor.rawValue)\" fill=\"\(color)\""
                + (isBold ? " font-weight=\"600\"" : "")
                + (isTurned ? String(format: " transform=\"rotate(-90 %.1f %.1f)\"", x, y) : "")
                + ">\(escapedHTML(text))</text>")
    }

    /// The picture's file.
    package var svg: String {
        let extent = String(
            format: "width=\"%g\" height=\"%g\" viewBox=\"0 0 %g %g\"", width, height, width, height)
        let role = label.isEmpty ? "" : " role=\"img\" aria-label=\"\(escapedHTML(label))\""
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" \(extent)\(role) font-family=\"sans-serif\">\n"
            + "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
            + elements.joined(separator: "\n") + "\n</svg>\n"
    }
}
