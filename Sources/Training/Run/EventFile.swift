internal import Foundation
internal import Synchronization

/// A TensorBoard event file: summaries as length-delimited, checksummed protocol buffers, written by hand.
///
/// A record is its length, the masked CRC-32C of the length, the event, and the masked CRC-32C of the event
/// (tensorflow/core/lib/io/record_writer.h); events are those of tensorflow/core/util/event.proto.
package final class EventFile: Sendable {
    // A class, as is the file that it appends to.
    private let file: AppendedFile
    /// The beginning of every file: a disk that was full at the start may have room later.
    private let beginning: Data
    private let hasBegun = Atomic(false)

    /// Starts a file in a folder, named so that it sorts after those of the same run, even if the clock went
    /// back.
    ///
    /// - Parameter firstStep: The first step that a resumed run writes: earlier files are void from there on.
    ///   Nil for a new run.
    init(folder: String, host: String, firstStep: Int?, wall: Double = Date().timeIntervalSince1970) {
        let process = ProcessInfo.processInfo.processIdentifier
        let second = max(Int(wall), (Self.seconds(in: folder).max() ?? 0) + 1)
        file = AppendedFile(path: "\(folder)/\(Self.prefix)\(second).\(host).\(process).0")
        beginning = Data(
            Self.record(Self.version(wall: wall))
                + (firstStep.map { Self.record(Self.sessionStart(step: $0, wall: wall)) } ?? []))
        begin()
    }

    private static let prefix = "events.out.tfevents."

    /// The seconds at the beginning of the names of a folder's files.
    private static func seconds(in folder: String) -> [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasPrefix(prefix) }.compactMap { name in
            // A made-up name must not make the next number overflow.
            Int(name.dropFirst(prefix.count).prefix { $0 != "." }).flatMap { $0 < 1 << 40 ? $0 : nil }
        }
    }

    /// Writes the beginning, until that has succeeded.
    private func begin() {
        if hasBegun.load(ordering: .relaxed) { return }
        if case .written = file.append(beginning) { hasBegun.store(true, ordering: .relaxed) }
    }

    /// Appends the scalars of one step.
    package func append(_ scalars: [(tag: String, value: Float)], step: Int, wall: Double) {
        append(scalars.map(Self.scalar), step: step, wall: wall)
    }

    /// Appends summaries of one step.
    package func append(_ summaries: [[UInt8]], step: Int, wall: Double) {
        guard !summaries.isEmpty else { return }
        begin()
        guard hasBegun.load(ordering: .relaxed) else { return }
        _ = file.append(Data(Self.record(Self.event(summaries, step: step, wall: wall))))
    }

    /// The event that must come first.
    package static func version(wall: Double) -> [UInt8] {
        [0x09] + little(wall.bitPattern) + field(0x1A, Array("brain.Event:2".utf8))
    }

    /// The event for a resumed run (SessionLog.START): TensorBoard drops this and later steps that it has
    /// read.
    package static func sessionStart(step: Int, wall: Double) -> [UInt8] {
        [0x09] + little(wall.bitPattern) + [0x10] + varint(UInt64(max(0, step)))
            + field(0x3A, [0x08, 0x01])
    }

    /// The summary of a scalar.
    package static func scalar(_ tag: String, _ value: Float) -> [UInt8] {
        field(0x0A, Array(tag.utf8)) + [0x15] + little(value.bitPattern)
    }

    /// An event of summaries.
    package static func event(_ summaries: [[UInt8]], step: Int, wall: Double) -> [UInt8] {
        let summary = summaries.flatMap { field(0x0A, $0) }
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
    static func field(_ key: UInt8, _ content: [UInt8]) -> [UInt8] {
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

    static func little<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> Value($0 * 8)) }
    }
}
