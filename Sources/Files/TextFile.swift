internal import Foundation

/// Limits of text files: far above what any corpus needs, far below what would exhaust memory.
public enum TextLimits {
    /// The maximum size of a file: two gigabytes.
    public static let fileBytes = 2 << 30
    /// The maximum length of a line, or of a CSV row: one megabyte.
    public static let lineBytes = 1 << 20
    /// The maximum number of lines.
    public static let lines = 20_000_000
    /// The maximum number of fields per line.
    public static let fields = 1_000
}

/// The lines of a text file; lines that are too long or not UTF-8 are refused with their numbers.
public func textLines(of path: String) throws(FileFaults) -> [String] {
    var lines: [String] = []
    var faults: [String] = []
    let bytes = try fileBytes(of: path)
    try refuseOldLineEnds(bytes, of: path)
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
        guard index < TextLimits.lines else {
            throw FileFaults(path, ["more than \(TextLimits.lines) lines; split it"])
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
    guard faults.isEmpty else { throw FileFaults(path, faults) }
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines
}

/// The bytes of a text file, without the byte order mark of Windows editors.
///
/// - Parameter isText: Whether it is text; the bytes of other files are returned unchanged.
public func fileBytes(of path: String, isText: Bool = true) throws(FileFaults) -> [UInt8] {
    let attributes = try? FileManager.default.attributesOfItem(
        atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
    if let size = attributes?[.size] as? Int, size > TextLimits.fileBytes {
        throw FileFaults(path, ["\(size) bytes; at most \(TextLimits.fileBytes) are read. Split it"])
    }
    if attributes?[.type] as? FileAttributeType == .typeDirectory {
        throw FileFaults(path, ["is a folder, not a file"])
    }
    // A pipe or a device may never end.
    guard attributes?[.type] as? FileAttributeType == .typeRegular,
        let data = FileManager.default.contents(atPath: path)
    else { throw FileFaults(path, ["cannot be read as a file"]) }
    if let fault = strangerFault(start: [UInt8](data.prefix(64))) { throw FileFaults(path, [fault]) }
    return isText ? try textBytes(Array(data), of: path) : Array(data)
}

/// The bytes of a text that was read, without the byte order mark that editors on Windows begin it with.
public func textBytes(_ bytes: [UInt8], of path: String) throws(FileFaults) -> [UInt8] {
    if let fault = encodingFault(start: Array(bytes.prefix(64))) { throw FileFaults(path, [fault]) }
    return bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
}

/// Refuses a text with old Mac line ends: it would be one line.
func refuseOldLineEnds(_ bytes: [UInt8], of path: String) throws(FileFaults) {
    guard let first = bytes.firstIndex(of: 0x0D), first + 1 < bytes.endIndex, !bytes.contains(0x0A) else {
        return
    }
    throw FileFaults(
        path,
        ["its lines end in CR alone, as on old Macs; save it with LF line ends (tr '\\r' '\\n')"])
}

/// The first line of a file, up to a length sufficient to recognise it; empty if there is none.
public func firstLine(of path: String) -> String {
    guard isRegularFile(path), let file = FileHandle(forReadingAtPath: path) else { return "" }
    defer { try? file.close() }
    let start = (try? file.read(upToCount: 1 << 16)) ?? Data()
    let text = start.starts(with: [0xEF, 0xBB, 0xBF]) ? start.dropFirst(3) : start
    let line = text.prefix { $0 != 0x0A }
    return String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
}

/// Whether a file or folder exists.
public func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
