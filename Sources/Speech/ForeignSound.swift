internal import Files
internal import Foundation

/// The kind of a sound file that libsndfile does not read, to follow `it is`; nil if unknown.
func foreignSound(_ path: String) -> String? {
    guard isRegularFile(path), let file = FileHandle(forReadingAtPath: path) else { return nil }
    defer { try? file.close() }
    let start = [UInt8]((try? file.read(upToCount: 64)) ?? Data())
    func holds(_ text: String, at offset: Int) -> Bool { start.dropFirst(offset).starts(with: text.utf8) }
    func begins(_ bytes: UInt8...) -> Bool { start.starts(with: bytes) }
    let name: String? =
        if holds("ftyp", at: 4) {
            "MPEG-4 (AAC or ALAC)"
        } else if begins(0x1A, 0x45, 0xDF, 0xA3) {
            "Matroska or WebM"
        } else if begins(0x30, 0x26, 0xB2, 0x75) {
            "Windows Media"
        } else if begins(0xFF, 0xF1) || begins(0xFF, 0xF9) {
            "AAC"
        } else if begins(0x0B, 0x77) {
            "AC-3"
        } else if holds("#!AMR", at: 0) {
            "AMR"
        } else if holds("wvpk", at: 0) {
            "WavPack"
        } else if holds("ajkg", at: 0) {
            "Shorten"
        } else if holds("Speex", at: 28) {
            "Speex"
        } else if holds("\u{7F}FLAC", at: 28) {
            "FLAC in Ogg"
        } else {
            nil
        }
    return name.map { "\($0), which is not supported; convert it: ffmpeg -i FILE -ar 16000 FILE.flac" }
}
