/// What a file is that people take for a model's, in words that go behind its name; nil if nothing of it shows.
func strangerFault(start: [UInt8]) -> String? {
    if start.starts(with: "version https://git-lfs".utf8) {
        return "is a Git LFS pointer, not the file itself; fetch it with `git lfs pull`"
    }
    if start.starts(with: [0x1F, 0x8B]) { return "is compressed with gzip; unpack it" }
    let text = String(decoding: start, as: UTF8.self).lowercased()
    if text.hasPrefix("<!doctype") || text.hasPrefix("<html") {
        return "is a web page, not the file itself; download it anew"
    }
    return nil
}
