import Foundation
import Tensors
import Testing

struct MappedBytesTests {
    private let content: [UInt8] = [1, 2, 3, 4, 0, 0, 0x80, 0x3F, 0xFF, 0xEE, 0xDD, 0xCC, 0xBB]

    private func check(_ bytes: MappedBytes) {
        #expect(bytes.count == content.count)
        #expect(bytes[3] == 4 && bytes.integer(UInt32.self, at: 1) == 0x0004_0302)
        #expect(bytes.float(at: 4) == 1)
        #expect(bytes.copy(2..<5) == [3, 4, 0] && bytes.copy(5..<5) == [])
        // Bits 4 to 14.
        #expect(bytes.bits(at: 4, count: 11) == (0x0403_0201 >> 4) & 0x7FF)
        #expect(bytes.compare(0..<2, with: [1, 2]) == 0)
        #expect(bytes.compare(0..<2, with: [1, 3]) < 0 && bytes.compare(0..<2, with: [1]) > 0)
        #expect(bytes.compare(0..<0, with: []) == 0 && bytes.compare(0..<1, with: [0, 9]) > 0)
    }

    @Test("numbers are read from any place of a copy")
    func copied() { check(MappedBytes(content)) }

    @Test("a mapped file reads the same, and stays when the file is closed and gone")
    func mapped() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("parp-\(UUID())").path
        try Data(content).write(to: URL(fileURLWithPath: path))
        let handle = try #require(FileHandle(forReadingAtPath: path))
        let bytes = try #require(MappedBytes(mapping: handle.fileDescriptor, count: content.count))
        try handle.close()
        try FileManager.default.removeItem(atPath: path)
        check(bytes)
        // It is read again from the file, which has no name any more.
        bytes.release(before: content.count)
        check(bytes)
    }

    @Test("nothing cannot be mapped, but can be held")
    func empty() {
        #expect(MappedBytes(mapping: -1, count: 4) == nil)
        #expect(MappedBytes([]).count == 0)
    }
}
