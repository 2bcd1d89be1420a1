package import Foundation

/// Passes on the lines of a file one by one, so that a file of any length takes only the memory of its
/// longest line.
///
/// - Parameter body: Called with a line without its end, and whether it has one: the last line of a truncated
///   file has none.
package func forEachLine(of path: String, _ body: (Data, Bool) throws -> Void) throws {
    guard let file = FileHandle(forReadingAtPath: path) else { return }
    defer { try? file.close() }
    var rest = Data()
    while let piece = try file.read(upToCount: 1 << 18), !piece.isEmpty {
        rest.append(piece)
        var start = rest.startIndex
        // What came before is known to hold no end of a line.
        var searched = rest.endIndex - piece.count
        while let end = rest[searched...].firstIndex(of: 0x0A) {
            try body(rest[start..<end], true)
            start = end + 1
            searched = start
        }
        rest = Data(rest[start...])
    }
    if !rest.isEmpty { try body(rest, false) }
}
