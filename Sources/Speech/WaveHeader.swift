internal import Foundation

/// The bytes of samples that a WAV file states, and those it has.
///
/// libsndfile silently treats a truncated WAV file as a shorter one.
struct WaveHeader {
    let statedBytes: Int
    let presentBytes: Int

    /// Reads the chunks of a RIFF file up to `data`; nil if it is not one, or states no length because it was
    /// written to a pipe.
    init?(path: String) {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        func bytes(_ count: Int, at offset: UInt64) -> [UInt8]? {
            guard (try? file.seek(toOffset: offset)) != nil,
                let data = try? file.read(upToCount: count), data.count == count
            else { return nil }
            return [UInt8](data)
        }
        guard let signature = bytes(12, at: 0), signature.prefix(4).elementsEqual("RIFF".utf8),
            signature.suffix(4).elementsEqual("WAVE".utf8), let size = try? file.seekToEnd()
        else { return nil }
        var position: UInt64 = 12
        // Files in the wild have a handful of chunks before their samples.
        for _ in 0..<256 {
            guard let chunk = bytes(8, at: position) else { return nil }
            let length = chunk[4...].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            if chunk.prefix(4).elementsEqual("data".utf8) {
                // Programs that write to a pipe state nothing, or the maximum, with or without the header's
                // size.
                guard (1..<0x7FFF_0000).contains(length) else { return nil }
                (statedBytes, presentBytes) = (Int(length), Int(size - position - 8))
                return
            }
            position += 8 + length + length % 2
        }
        return nil
    }
}
