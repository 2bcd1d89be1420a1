internal import CZstd
internal import Tensors

/// How a pack holds bytes: compressed by zstd, and numbers before that apart into a bitmask of those that are not 0 and the
/// bytes of these by significance, of which exponents compress well and the lowest bytes hardly.
enum PackCodec {
    /// How hard zstd tries.
    enum Effort: Int32 {
        /// For what is nearly random: there is nothing to find but which bytes are frequent.
        case little = 1
        /// For small files.
        case usual = 6
        /// For masks and exponents, which are few, and most of what can be saved.
        case much = 19
    }

    /// Second bytes of a kind from which on they are worth a frame of their own, whose code fits them alone.
    private static let leastFrame = 4096

    static func compress(_ bytes: [UInt8], _ effort: Effort = .usual) -> [UInt8] {
        var compressed = [UInt8](repeating: 0, count: Int(parp_zstd_bound(Int64(bytes.count))))
        let count = parp_zstd_compress(
            bytes, Int64(bytes.count), &compressed, Int64(compressed.count), effort.rawValue)
        precondition(count >= 0, "zstd refused \(bytes.count) bytes, with room for all that they can take")
        compressed.removeLast(compressed.count - Int(count))
        return compressed
    }

    /// The bytes of frames, if they state exactly so many, and have them; checked before memory is taken.
    static func decompress(_ compressed: [UInt8], count: Int) -> [UInt8]? {
        guard statedCount(compressed) == count else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        let found = parp_zstd_decompress(compressed, Int64(compressed.count), &bytes, Int64(count))
        return Int(found) == count ? bytes : nil
    }

    /// How many bytes frames state to hold, or nil.
    static func statedCount(_ compressed: [UInt8]) -> Int? {
        let count = parp_zstd_content_size(compressed, Int64(compressed.count))
        return count < 0 ? nil : Int(count)
    }

    /// Takes a tensor's bytes apart.
    ///
    /// Where cuts between frames lie is free: all frames together hold the mask, if it saves anything, and the planes.
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

    /// Puts a tensor's bytes together; nil if what is there does not make `count` elements.
    static func decode(_ frames: [UInt8], count: Int, elementSize size: Int) -> [UInt8]? {
        guard let parts = Parts(frames, count: count, elementSize: size) else { return nil }
        var bytes = [UInt8](repeating: 0, count: count * size)
        parp_join_planes(
            parts.planes, Int64(count), Int32(size), parts.mask, Int64(parts.kept), &bytes)
        return bytes
    }

    /// Puts float32 numbers together where they belong; whether there were as many.
    static func decode(_ frames: [UInt8], into target: Tensor) -> Bool {
        guard let parts = Parts(frames, count: target.count, elementSize: 4) else { return false }
        parp_join_planes(
            parts.planes, Int64(target.count), 4, parts.mask, Int64(parts.kept), target.pointer)
        return true
    }

    /// What a tensor was taken apart into.
    private struct Parts {
        let planes: [UInt8]
        let mask: [UInt8]?
        let kept: Int

        init?(_ frames: [UInt8], count: Int, elementSize size: Int) {
            // A mask is there where it saves something: that many bytes in all tell.
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
