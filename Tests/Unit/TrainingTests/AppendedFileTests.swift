import Foundation
import TestSupport
import Testing

@testable import Training

struct AppendedFileTests {
    @Test(
        "a record that does not fit is told with the system's reason, once, and counted when there is room again"
    )
    func full() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/log"
        // A device that is always full, as a disk may be for a moment.
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/full")
        let file = AppendedFile(path: path)
        let reason = String(cString: strerror(ENOSPC))
        #expect(file.append(Data("one\n".utf8)) == .lost(reason: reason, isFirst: true))
        #expect(file.append(Data("two\n".utf8)) == .lost(reason: reason, isFirst: false))
        try FileManager.default.removeItem(atPath: path)
        #expect(file.append(Data("three\n".utf8)) == .written(afterLosing: 2))
        #expect(file.append(Data("four\n".utf8)) == .written(afterLosing: 0))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "three\nfour\n")
    }
}
