import Foundation
import Testing

@testable import Reports

struct InkTests {
    /// The relative luminance of a colour (WCAG 2.2).
    private func luminance(_ color: String) throws -> Double {
        let number = try #require(Int(color.dropFirst(), radix: 16))
        let parts = [number >> 16, number >> 8 & 255, number & 255].map { part -> Double in
            let share = Double(part) / 255
            return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }

    private func contrast(_ a: String, _ b: String) throws -> Double {
        let (first, second) = (try luminance(a), try luminance(b))
        return (max(first, second) + 0.05) / (min(first, second) + 0.05)
    }

    @Test("series stand out from light and dark paper by 3 : 1, and words by 4.5 : 1, as WCAG asks")
    func contrast() throws {
        let named = Dictionary(uniqueKeysWithValues: Ink.named.map { ($0.0, ($0.1, $0.2)) })
        let paper = try #require(named["paper"])
        for (light, dark) in Ink.series {
            #expect(try contrast(light, paper.0) >= 3, "\(light)")
            #expect(try contrast(dark, paper.1) >= 3, "\(dark)")
        }
        for name in ["text", "muted"] {
            let ink = try #require(named[name])
            #expect(try contrast(ink.0, paper.0) >= 4.5 && contrast(ink.1, paper.1) >= 4.5, "\(name)")
        }
    }

    @Test("words on every shade of a heat map can be read")
    func shades() throws {
        for share in stride(from: 0.0, through: 1, by: 0.05) {
            let parts = [Ink.shade(share), .onShade(share)].map { $0.attributes("fill") }
            let colors = parts.compactMap { $0.firstMatch(of: /#[0-9a-f]{6}/).map { String($0.output) } }
            #expect(try colors.count == 2 && contrast(colors[0], colors[1]) >= 4.5, "\(share): \(colors)")
        }
    }
}
