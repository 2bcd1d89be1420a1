internal import CZstd
internal import Tensors

/// How a pack stores bytes: compressed by zstd, with numbers first split into a bitmask of those that are not
/// 0 and their bytes by significance, of which exponents compress well and the lowest bytes hardly.
enum PackCodec {
    /// Compression levels of zstd.
    enum Effort: Int32 {
        /// For nearly random bytes: there is nothing to find except byte frequencies.
        case little = 1
        /// For small files.
        case usual = 6
        /// For masks and exponents, which are small but give most of the savings.
        case much = 19
    }

    /// The number of second bytes of a kind from which a separate frame, with its own code, pays off.
    private static let leastFrame = 4096

    static func compress(_ bytes: [UInt8], _ effort: Effort = .usual) -> [UInt8] {
        var compressed = [UInt8](repeating: 0, count: Int(parp_zstd_bound(Int64(bytes.count))))
        let count = parp_zstd_compress(
            bytes, Int64(bytes.count), &compressed, Int64(compressed.count), effort.rawValue)
        precondition(count >= 0, "zstd refused \(bytes.count) bytes, with room for all that they can take")
        compressed.removeLast(compressed.count - Int(count))
        return compressed
    }

    /// The bytes of frames, if they state and have exactly this many; checked before memory is allocated.
    static func decompress(_ compressed: [UInt8], count: Int) -> [UInt8]? {
        guard statedCount(compressed) == count else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        let found = parp_zstd_decompress(compressed, Int64(compressed.count), &bytes, Int64(count))
        return Int(found) == count ? bytes : nil
    }

    /// The content size that frames state, or nil.
    static func statedCount(_ compressed: [UInt8]) -> Int? {
        let count = parp_zstd_content_size(compressed, Int64(compressed.count))
        return count < 0 ? nil : Int(count)
    }

    /// Splits a tensor's bytes.
    ///
    /// The cuts between frames are arbitrary: all frames together contain the mask, if it saves anything, and
    /// the planes.
    static func encode(_ bytes: [UInt8], elementSize size: Int) -> [UInt8] {
        let count = bytes.count / size
        var mask = [UInt8](repeating: 0, count: (count + 7) / 8)
        let nonzero = Int(parp_mask_elements(bytes, Int64(count), Int32(size), &mask))
        let isMasked = mask.count + nonzero * size < bytes.count
        let kept = isMasked ? nonzero : count
        var planes = [UInt8](repeating: 0, count: kept * size)
        var groups = [Int64](repeating: 0, count: Int(PARP_PLANE_GROUPS))
        parp_split_planes(
            bytes, Int64(count), Int32(size), isMasked ? mask : nil, Int64(kept), &planes, &groups)
        var frames = isMasked ? compress(mask, .much) : []
        for plane in 0..<max(0, size - 2) {
            frames += compress(Array(planes[plane * kept..<(plane + 1) * kept]), .little)
        }
        if size > 1 { frames += grouped(Array(planes[(size - 2) * kept..<(size - 1) * kept]), groups) }
        return frames + compress(Array(planes[(size - 1) * kept..<size * kept]), .much)
    }

    /// Frames of second bytes, cut between groups.
    private static func grouped(_ bytes: [UInt8], _ groups: [Int64]) -> [UInt8] {
        var frames: [UInt8] = []
        var (start, end) = (0, 0)
        for group in groups {
            end += Int(group)
            guard end - start >= leastFrame || end == bytes.count, end > start else { continue }
            frames += compress(Array(bytes[start..<end]), .little)
            start = end
        }
        return frames
    }

    /// Joins a tensor's bytes; nil if they do not make `count` elements.
    static func decode(_ frames: [UInt8], count: Int, elementSize size: Int) -> [UInt8]? {
        guard let parts = Parts(frames, count: count, elementSize: size) else { return nil }
        var bytes = [UInt8](repeating: 0, count: count * size)
        parp_join_planes(
            parts.planes, Int64(count), Int32(size), parts.mask, Int64(parts.kept), &bytes)
        return bytes
    }

    /// Joins float32 numbers in place; returns whether the number was right.
    static func decode(_ frames: [UInt8], into target: Tensor) -> Bool {
        guard let parts = Parts(frames, count: target.count, elementSize: 4) else { return false }
        parp_join_planes(
            parts.planes, Int64(target.count), 4, parts.mask, Int64(parts.kept), target.pointer)
        return true
    }

    /// The parts of a tensor.
    private struct Parts {
        let planes: [UInt8]
        let mask: [UInt8]?
        let kept: Int

        init?(_ frames: [UInt8], count: Int, elementSize size: Int) {
            // A mask is present if it saves something, which the total number of bytes tells.
            guard let stated = statedCount(frames), stated <= count * size,
                let bytes = decompress(frames, count: stated)
            else { return nil }
            guard stated < count * size else {
                (planes, mask, kept) = (bytes, nil, count)
                return
            }
            let maskCount = (count + 7) / 8
            guard stated >= maskCount else { return nil }
            let mask = Array(bytes[..<maskCount])
            kept = Int(parp_mask_kept(mask, Int64(count)))
            guard kept >= 0, maskCount + kept * size == stated else { return nil }
            planes = Array(bytes[maskCount...])
            self.mask = mask
        }
    }
}
