internal import Foundation

/// A colour by its meaning; a style sheet gives most of them one value on light backgrounds and another on
/// dark ones.
package enum Ink: Sendable, Equatable {
    /// The background.
    case paper
    case text
    /// Units, ticks and other secondary text.
    case muted
    case grid
    /// The colour of a series, from 0; repeating after the last.
    case series(Int)
    /// A cell of a heat map, from 0, nearly white, to 1, dark blue.
    case shade(Double)
    /// Text on such a cell.
    case onShade(Double)
    /// A cell without a value.
    case unknown

    /// Colours of series on light and on dark paper, distinguishable with red-green blindness (Okabe and Ito, 2008, then
    /// Tol, 2021), each with a contrast of at least 3 to the paper (WCAG 2.2, 1.4.11).
    static let series = [
        ("#0072b2", "#56a8e0"), ("#d55e00", "#f0883e"), ("#009e73", "#2fbf95"), ("#cc79a7", "#e39ac3"),
        ("#b37c00", "#e6b422"), ("#3a97cf", "#9ad4f5"), ("#882255", "#d9669a"), ("#117733", "#5fbf7f"),
        ("#332288", "#9a8cf0"), ("#999933", "#c9c95c"), ("#aa4499", "#d37fc6"), ("#000000", "#ffffff"),
    ]

    /// The other colours, with their names.
    static let named = [
        ("paper", "#ffffff", "#16181c"), ("text", "#222222", "#e4e6ea"), ("muted", "#6a6a6a", "#9aa0a8"),
        ("grid", "#dddddd", "#363a42"), ("unknown", "#eeeeee", "#2a2d33"),
    ]

    /// The rules behind the names, for elements that are drawn in `currentColor`; paper is printed light.
    static let styleSheet: String = {
        let all = named + series.enumerated().map { ("series-\($0)", $1.0, $1.1) }
        func rules(_ color: ((String, String, String)) -> String) -> String {
            all.map { ".\($0.0) { color: \(color($0)); }" }.joined(separator: " ")
        }
        return """
            \(rules(\.1))
            @media screen and (prefers-color-scheme: dark) { \(rules(\.2)) }
            """
    }()

    /// The class of the style sheet's rule; nil for colours that are the same on any paper.
    package var name: String? {
        switch self {
        case .paper: "paper"
        case .text: "text"
        case .muted: "muted"
        case .grid: "grid"
        case .unknown: "unknown"
        case .series(let index): "series-\(index % Self.series.count)"
        case .shade, .onShade: nil
        }
    }

    /// The attributes that paint an element: its `fill` or its `stroke`.
    func attributes(_ property: String) -> String {
        switch self {
        case .shade(let share):
            let (pale, dark) = ([240.0, 246, 252], [8.0, 64, 129])
            let parts = zip(pale, dark).map { Int(($0 + ($1 - $0) * share).rounded()) }
            return property + String(format: "=\"#%02x%02x%02x\"", parts[0], parts[1], parts[2])
        case .onShade(let share): return "\(property)=\"\(share > 0.68 ? "#ffffff" : "#000000")\""
        default: return "class=\"\(name ?? "text")\" \(property)=\"currentColor\""
        }
    }
}
