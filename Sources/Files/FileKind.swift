internal import Foundation

/// Whether a path leads, through symbolic links, to a file and not to a folder, a pipe or a device.
public func isRegularFile(_ path: String) -> Bool { fileType(path) == .typeRegular }

/// Whether a path leads to a folder.
public func isFolder(_ path: String) -> Bool { fileType(path) == .typeDirectory }

private func fileType(_ path: String) -> FileAttributeType? {
    let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    return (try? FileManager.default.attributesOfItem(atPath: target))?[.type] as? FileAttributeType
}

/// The kind of a file that is often mistaken for another, in words to follow its name; nil if unknown.
public func strangerFault(_ path: String) -> String? {
    if isFolder(path) { return "is a folder, not a file" }
    guard isRegularFile(path), let file = FileHandle(forReadingAtPath: path) else { return nil }
    defer { try? file.close() }
    return strangerFault(start: [UInt8]((try? file.read(upToCount: 64)) ?? Data()))
}

/// The same of a file's first bytes.
public func strangerFault(start: [UInt8]) -> String? {
    if start.starts(with: "version https://git-lfs".utf8) {
        return "is a Git LFS pointer, not the file itself; fetch it with `git lfs pull`"
    }
    if start.starts(with: [0x1F, 0x8B]) { return "is compressed with gzip; unpack it" }
    let text = String(decoding: start, as: UTF8.self).lowercased()
    if text.hasPrefix("<!doctype") || text.hasPrefix("<html") {
        return "is a web page, not the file itself; download it again"
    }
    return nil
}

/// The kind of a list that is not UTF-8 text, in words to follow its name; nil if unknown.
public func encodingFault(start: [UInt8]) -> String? {
    let marks: [[UInt8]] = [[0xFF, 0xFE], [0xFE, 0xFF]]
    // Without a mark, every other byte of plain letters is zero.
    let isWide = marks.contains { start.starts(with: $0) } || start.prefix(16).dropLast().contains(0)
    if isWide { return "is UTF-16, or not text at all; save it as UTF-8" }
    return nil
}
