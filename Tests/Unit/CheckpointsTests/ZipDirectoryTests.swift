import Checkpoints
import TestSupport
import Testing

struct ZipDirectoryTests {
    private let pickle = PickleWriter.dictionary { writer in
        writer.text("x")
        writer.tensor(count: 1, sizes: [1], strides: [1])
    }

    /// The message when a zip file of an honest pickle, its storage and one more entry is opened.
    private func message(
        _ extra: ZipEntry? = nil, comment: [UInt8] = [], change: (inout [UInt8]) -> Void = { _ in }
    ) throws -> String {
        let folder = try TemporaryDirectory()
        var content = zipFile(
            [
                ZipEntry(name: "a/data.pkl", content: pickle),
                ZipEntry(name: "a/data/0", content: floatBytes([7])),
            ] + (extra.map { [$0] } ?? []), comment: comment)
        change(&content)
        let path = try folder.write(content, to: "model.bin")
        return fault {
            let archive = try TorchArchive(path: path)
            #expect(try floats("x", of: archive) == [7])
        }
    }

    @Test("an honest file is read, with a comment after it and two dots in a name, too")
    func honest() throws {
        #expect(try message() == "no fault")
        #expect(try message(comment: Array("a comment PK\u{5}\u{6}".utf8)) == "no fault")
        #expect(try message(ZipEntry(name: "a/v1..2", content: [1])) == "no fault")
        #expect(try message(ZipEntry(name: "a/empty", content: [])) == "no fault")
    }

    @Test("entries that are compressed, encrypted, twice, overlapping or outside are refused")
    func entries() throws {
        let cases: [(ZipEntry, String)] = [
            (ZipEntry(name: "a/z", content: [1], method: 8), "is compressed"),
            (ZipEntry(name: "a/z", content: [1], flags: 1), "is encrypted"),
            (ZipEntry(name: "../z", content: [1]), "leaves its folder"),
            (ZipEntry(name: "a/../../z", content: [1]), "leaves its folder"),
            (ZipEntry(name: "/etc/z", content: [1]), "leaves its folder"),
            (ZipEntry(name: "a/data/0", content: [1]), "occurs twice"),
            (ZipEntry(name: "a/z", content: [1], statedOffset: 0), "overlap"),
            (ZipEntry(name: "a/z", content: [1], statedOffset: 0xFFFF_FFF0), "outside the file"),
            (ZipEntry(name: "a/z", content: [1], statedOffset: 3), "outside the file"),
            (ZipEntry(name: "a/z", content: [1], statedSize: 0x7FFF_FFFF), "past the end"),
            (ZipEntry(name: "a/z", content: [1], statedSize: 20), "into the directory"),
        ]
        for (entry, expected) in cases {
            let found = try message(entry)
            #expect(found.contains(expected), "\(expected): \(found)")
        }
    }

    @Test("a file that is cut off, or whose directory lies elsewhere, is refused")
    func directory() throws {
        #expect(try message { $0.removeLast() }.contains("its end is missing"))
        #expect(try message { $0.removeLast(30) }.contains("its end is missing"))
        #expect(try message { $0.append(0) }.contains("its end is missing"))
        // The end's fields: number of entries at 10, the directory's start at 16.
        #expect(try message { $0[$0.count - 12] = 9 }.contains("directory is cut off"))
        #expect(try message { $0[$0.count - 3] = 0x7F }.contains("outside the file"))
    }

    @Test("a zip64 record that is outside the file is refused")
    func zip64() throws {
        for place in [UInt64(0), 1, 1 << 20, .max] {
            let found = try message { content in
                let locator = bytes(UInt32(0x0706_4B50)) + bytes(UInt32(0)) + bytes(place) + bytes(UInt32(1))
                content.insert(contentsOf: locator, at: content.count - 22)
                content[content.count - 12] = 0xFF
                content[content.count - 11] = 0xFF
            }
            #expect(found.contains("zip64 record is outside"), "\(place): \(found)")
        }
        let tiny =
            bytes(UInt32(0x0403_4B50)) + bytes(UInt32(0x0706_4B50)) + [UInt8](repeating: 0, count: 16)
            + bytes(UInt32(0x0605_4B50)) + bytes(UInt32(0)) + [0xFF, 0xFF, 0xFF, 0xFF]
            + [UInt8](repeating: 0, count: 10)
        let folder = try TemporaryDirectory()
        let path = try folder.write(tiny, to: "tiny.bin")
        #expect(fault { try TorchArchive(path: path) }.contains("zip64 record is outside"))
    }
}
