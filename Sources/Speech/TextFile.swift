internal import Foundation

/// What is believed of a text file that lists a corpus: far above what any corpus needs, far below what would
/// exhaust the memory.
enum TextLimits {
    /// The largest file that is read: two gigabytes.
    static let fileBytes = 2 << 30
    /// The longest line, or row of a CSV file: one megabyte.
    static let lineBytes = 1 << 20
    /// The most lines.
    static let lines = 20_000_000
    /// The most fields of a line.
    static let fields = 1_000
}

/// The lines of a text file, refusing with its number each that is too long or not UTF-8.
func textLines(of path: String) throws(ManifestError) -> [String] {
    var lines: [String] = []
    var faults: [String] = []
    for (index, line) in try fileBytes(of: path).split(separator: 0x0A, omittingEmptySubsequences: false)
        .enumerated()
    {
        guard index < TextLimits.lines else {
            throw ManifestError(path, ["more than \(TextLimits.lines) lines; split it"])
        }
        let bytes = line.last == 0x0D ? line.dropLast() : line
        if bytes.count > TextLimits.lineBytes {
            faults.append("line \(index + 1): \(bytes.count) bytes long; \(TextLimits.lineBytes) are read")
        } else if let text = String(validating: bytes, as: UTF8.self) {
            lines.append(text)
        } else {
            faults.append("line \(index + 1): invalid UTF-8")
        }
    }
    guard faults.isEmpty else { throw ManifestError(path, faults) }
    if lines.last == "" { lines.removeLast() }
    return lines
}

/// The bytes of a text file, without the byte order mark that editors on Windows begin it with.
func fileBytes(of path: String) throws(ManifestError) -> Data {
    let attributes = try? FileManager.default.attributesOfItem(
        atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
    if let size = attributes?[.size] as? Int, size > TextLimits.fileBytes {
        throw ManifestError(path, ["\(size) bytes; at most \(TextLimits.fileBytes) are read. Split it"])
    }
    // A pipe or a device may have no end.
    guard attributes?[.type] as? FileAttributeType == .typeRegular,
        let data = FileManager.default.contents(atPath: path)
    else { throw ManifestError(path, ["cannot be read as a file"]) }
    return data.starts(with: [0xEF, 0xBB, 0xBF]) ? data.dropFirst(3) : data
}

/// The first line of a file, as far as it tells what the file is; empty if there is none.
func firstLine(of path: String) -> String {
    guard let file = FileHandle(forReadingAtPath: path) else { return "" }
    defer { try? file.close() }
    let start = (try? file.read(upToCount: 1 << 16)) ?? Data()
    let text = start.starts(with: [0xEF, 0xBB, 0xBF]) ? start.dropFirst(3) : start
    let line = text.prefix { $0 != 0x0A }
    return String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
}

/// A path as it stands in a manifest, which is relative to the manifest's folder.
func resolve(_ path: String, besides manifest: String) -> String {
    guard !path.hasPrefix("/"), let slash = manifest.lastIndex(of: "/") else { return path }
    return String(manifest[...slash]) + path
}

/// Whether a relative path stays in its folder; links in the folder lead where their maker wanted.
func staysInside(_ path: String) -> Bool {
    !path.hasPrefix("/") && !path.split(separator: "/").contains("..")
}

/// Whether a file or folder is there.
func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
