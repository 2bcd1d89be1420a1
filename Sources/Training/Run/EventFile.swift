internal import Foundation
internal import Recipe

/// A TensorBoard event file: scalars as length-delimited, checksummed protocol buffers, written by hand.
///
/// A record is its length, the masked CRC-32C of the length, the event, and the masked CRC-32C of the event
/// (tensorflow/core/lib/io/record_writer.h); events are those of tensorflow/core/util/event.proto.
package struct EventFile: Sendable {
    private let path: String

    /// Starts a file in a folder, named so that a later one of the same run sorts behind it.
    init(folder: String, host: String, wall: Double = Date().timeIntervalSince1970) {
        let process = ProcessInfo.processInfo.processIdentifier
        path = "\(folder)/events.out.tfevents.\(Int(wall)).\(host).\(process).0"
        _ = FileManager.default.createFile(
            atPath: path, contents: Data(Self.record(Self.version(wall: wall))))
    }

    /// Appends the scalars of one step.
    package func append(_ scalars: [(tag: String, value: Float)], step: Int, wall: Double) {
        guard !scalars.isEmpty, let handle = FileHandle(forWritingAtPath: path) else { return }
        _ = try? handle.seekToEnd()
        try? handle.write(
            contentsOf: Data(Self.record(Self.event(scalars, step: step, wall: wall))))
        try? handle.close()
    }

    /// The event that must come first.
    package static func version(wall: Double) -> [UInt8] {
        [0x09] + little(wall.bitPattern) + field(0x1A, Array("brain.Event:2".utf8))
    }

    /// An event of scalars.
    package static func event(_ scalars: [(tag: String, value: Float)], step: Int, wall: Double) -> [UInt8] {
        let summary = scalars.flatMap { scalar in
            field(0x0A, field(0x0A, Array(scalar.tag.utf8)) + [0x15] + little(scalar.value.bitPattern))
        }
        return [0x09] + little(wall.bitPattern) + [0x10] + varint(UInt64(max(0, step))) + field(0x2A, summary)
    }

    /// An event with its length and checksums.
    package static func record(_ event: [UInt8]) -> [UInt8] {
        let length = little(UInt64(event.count))
        return length + little(maskedChecksum(length)) + event + little(maskedChecksum(event))
    }

    /// CRC-32C (Castagnoli), rotated and offset, so that a checksum of checksums is not degenerate.
    static func maskedChecksum(_ bytes: [UInt8]) -> UInt32 {
        var remainder: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            remainder ^= UInt32(byte)
            for _ in 0..<8 { remainder = remainder >> 1 ^ (remainder & 1 == 1 ? 0x82F6_3B78 : 0) }
        }
        let checksum = ~remainder
        return (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
    }

    /// A length-delimited field.
    private static func field(_ key: UInt8, _ content: [UInt8]) -> [UInt8] {
        [key] + varint(UInt64(content.count)) + content
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var (bytes, rest) = ([UInt8](), value)
        repeat {
            bytes.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
            rest >>= 7
        } while rest > 0
        return bytes
    }

    private static func little<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> Value($0 * 8)) }
    }
}
