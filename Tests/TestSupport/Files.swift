internal import Foundation
internal import Tensors

/// The folder of golden files.
public let goldenFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Golden").path

/// A folder that goes with its owner.
public struct TemporaryDirectory: ~Copyable {
    /// The folder.
    public let path: String

    /// Makes an empty folder.
    public init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("parp-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file into the folder, with the folders between, and returns its path.
    @discardableResult
    public func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
        let url = URL(fileURLWithPath: path).appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
        return url.path
    }

    /// Writes a text file into the folder and returns its path.
    @discardableResult
    public func write(_ text: String, to name: String) throws -> String { try write(text.utf8, to: name) }

    /// The names in the folder, sorted.
    public func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }
}

/// The message of the error that `body` throws, or "no fault".
public func fault<Value>(_ body: () throws -> Value) -> String {
    do {
        _ = try body()
        return "no fault"
    } catch {
        return "\(error)"
    }
}

/// The little-endian bytes of a number.
public func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

/// Copies of `original` with a few bytes changed, cut off or repeated, the same ones every time.
public func mutations(of original: [UInt8], count: Int, seed: UInt64) -> some Sequence<[UInt8]> {
    (0..<count).lazy.map { index in
        var random = CountedRandom(seed: seed, stream: .randomMask, step: index).sequence
        var bytes = original
        // Numbers that files' lengths and offsets go wrong at.
        let awkward: [UInt8] = [0, 1, 0x7F, 0x80, 0xFF]
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0...2: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 3: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 4:
                let byte = awkward[Int.random(in: 0..<awkward.count, using: &random)]
                for offset in place..<min(place + 8, bytes.count) { bytes[offset] = byte }
            case 5: bytes.removeLast(bytes.count - place)
            case 6:
                bytes.removeSubrange(
                    place..<min(place + Int.random(in: 1...16, using: &random), bytes.count))
            default: bytes.insert(contentsOf: bytes[place..<min(place + 16, bytes.count)], at: place)
            }
        }
        return bytes
    }
}
