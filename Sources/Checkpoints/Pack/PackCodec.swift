internal import CZstd
internal import Tensors

/// How a pack holds bytes: compressed by zstd, and numbers before that apart into a bitmask of those that are not 0 and
/// the bytes of these by significance, of which exponents compress well and the lowest bytes hardly.
enum PackCodec {
    /// Beyond, zstd takes much longer and hardly finds more.
    private static let level: Int32 = 6

    /// What is kept of a tensor.
    struct Planes {
        /// Compressed bits, one an element; nil keeps all.
        let mask: [UInt8]?
        /// The compressed bytes of the kept elements.
        let planes: [UInt8]
    }

    static func compress(_ bytes: [UInt8]) -> [UInt8] {
        var compressed = [UInt8](repeating: 0, count: Int(parp_zstd_bound(Int64(bytes.count))))
        let count = parp_zstd_compress(
            bytes, Int64(bytes.count), &compressed, Int64(compressed.count), level)
        precondition(count >= 0, "zstd refused \(bytes.count) bytes, with room for all that they can take")
        compressed.removeLast(compressed.count - Int(count))
        return compressed
    }

    /// The bytes of one frame, if it states exactly so many, and has them; checked before memory is taken.
    static func decompress(_ compressed: [UInt8], count: Int) -> [UInt8]? {
        guard statedCount(compressed) == count else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        let found = parp_zstd_decompress(compressed, Int64(compressed.count), &bytes, Int64(count))
        return Int(found) == count ? bytes : nil
    }

    /// How many bytes a frame states to hold, or nil.
    static func statedCount(_ compressed: [UInt8]) -> Int? {
        let count = parp_zstd_content_size(compressed, Int64(compressed.count))
        return count < 0 ? nil : Int(count)
    }

    /// Takes a tensor's bytes apart.
    static func encode(_ bytes: [UInt8], elementSize size: Int) -> Planes {
        let count = bytes.count / size
        var mask = [UInt8](repeating: 0, count: (count + 7) / 8)
        let kept = Int(parp_mask_elements(bytes, Int64(count), Int32(size), &mask))
        // Dense weights have hardly a zero; a mask would be as long as it is useless.
        let isMasked = kept < count - count / 64
        let planeCount = isMasked ? kept : count
        var planes = [UInt8](repeating: 0, count: planeCount * size)
        parp_split_planes(
            bytes, Int64(count), Int32(size), isMasked ? mask : nil, Int64(planeCount), &planes)
        return Planes(mask: isMasked ? compress(mask) : nil, planes: compress(planes))
    }

    /// Puts a tensor's bytes together; nil if what is there does not make `count` elements.
    static func decode(_ planes: Planes, count: Int, elementSize size: Int) -> [UInt8]? {
        guard let parts = parts(planes, count: count, elementSize: size) else { return nil }
        var bytes = [UInt8](repeating: 0, count: count * size)
        parp_join_planes(
            parts.planes, Int64(count), Int32(size), parts.mask, Int64(parts.kept), &bytes)
        return bytes
    }

    /// Puts float32 numbers together where they belong; whether there were as many.
    static func decode(_ planes: Planes, into target: Tensor) -> Bool {
        guard let parts = parts(planes, count: target.count, elementSize: 4) else { return false }
        parp_join_planes(
            parts.planes, Int64(target.count), 4, parts.mask, Int64(parts.kept), target.pointer)
        return true
    }

    private static func parts(
        _ planes: Planes, count: Int, elementSize: Int
    ) -> (planes: [UInt8], mask: [UInt8]?, kept: Int)? {
        guard let compressedMask = planes.mask else {
            return decompress(planes.planes, count: count * elementSize).map { ($0, nil, count) }
        }
        guard let mask = decompress(compressedMask, count: (count + 7) / 8) else { return nil }
        let kept = Int(parp_mask_kept(mask, Int64(count)))
        guard kept >= 0, let bytes = decompress(planes.planes, count: kept * elementSize) else { return nil }
        return (bytes, mask, kept)
    }
}
