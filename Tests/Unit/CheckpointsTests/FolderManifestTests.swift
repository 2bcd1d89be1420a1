import Checkpoints
import Foundation
import TestSupport
import Testing

struct FolderManifestTests {
    private func folder(_ sizes: [Int]) throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        for (index, size) in sizes.enumerated() {
            try folder.write(
                (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ index) }, to: "file-\(index)")
        }
        try FolderManifest.write(into: folder.path)
        return folder
    }

    @Test("what was written is what is found, whatever its length")
    func whole() throws {
        // Lengths around a float and around a piece of the file.
        let folder = try folder([0, 1, 3, 4, 5, 8, (4 << 20) - 1, 4 << 20, (4 << 20) + 3])
        #expect(FolderManifest.exists(in: folder.path))
        try FolderManifest.verify(folder.path)
    }

    @Test(
        "a bit that flips at the start, at the end or between is found and its file named",
        arguments: [0, 500, 1000])
    func flipped(place: Int) throws {
        let folder = try folder([10, 1001])
        var bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/file-1"))
        bytes[place] ^= 0x10
        try folder.write(bytes, to: "file-1")
        #expect(fault { try FolderManifest.verify(folder.path) }.contains("file-1: is not what was written"))
    }

    @Test("a file that is cut, longer or gone is found and named")
    func lengths() throws {
        let folder = try folder([10, 1001])
        try folder.write(Data(count: 1000), to: "file-1")
        #expect(
            fault { try FolderManifest.verify(folder.path) }.hasSuffix(
                "has 1000 bytes, not the 1001 that were written"))
        try FileManager.default.removeItem(atPath: folder.path + "/file-1")
        #expect(fault { try FolderManifest.verify(folder.path) }.hasSuffix("file-1: no such file"))
    }

    @Test("a manifest that names what is elsewhere, or is none, is refused")
    func hostile() throws {
        let folder = try folder([1])
        for text in ["{\"../x\": {\"bytes\": 1, \"hash\": \"0\"}}", "{\"file-0\": 3}", "[]", "{", ""] {
            try folder.write(text, to: "manifest.json")
            #expect(
                fault { try FolderManifest.verify(folder.path) }.contains("manifest.json: is broken"),
                "\(text)")
        }
    }
}
