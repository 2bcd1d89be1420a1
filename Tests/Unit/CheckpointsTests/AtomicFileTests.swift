import Checkpoints
import Foundation
import TestSupport
import Testing

struct AtomicFileTests {
    private func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }

    @Test("a file appears whole, in place of the old one")
    func file() throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write("old", to: "file")
        var file = try AtomicFile(path: path)
        try file.write(Data("ne".utf8))
        #expect(text(path) == "old")
        try file.write(Data("w".utf8))
        try file.commit()
        #expect(text(path) == "new")
        #expect(try folder.names() == ["file"])
    }

    @Test("a file that is given up leaves the old one and nothing else")
    func abandoned() throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write("old", to: "file")
        func giveUp() throws {
            var file = try AtomicFile(path: path)
            try file.write(Data("half".utf8))
            throw CheckpointError(path, "given up")
        }
        #expect(fault { try giveUp() }.contains("given up"))
        #expect(text(path) == "old")
        #expect(try folder.names() == ["file"])
    }

    @Test("a file that cannot be written says why")
    func impossible() throws {
        let folder = try TemporaryDirectory()
        #expect(
            fault { try AtomicFile.write(Data(), to: folder.path + "/none/file") }
                .hasSuffix("cannot be written: No such file or directory"))
        let directory = try TemporaryDirectory()
        try directory.write("x", to: "inside/file")
        #expect(
            fault { try AtomicFile.write(Data(), to: directory.path + "/inside") }
                .hasSuffix("cannot be put in place: Is a directory"))
        #expect(try directory.names() == ["inside"])
    }

    @Test("a folder appears whole, in place of the old one", arguments: ["", "/"])
    func folder(ending: String) throws {
        let folder = try TemporaryDirectory()
        try folder.write("old", to: "model/a")
        try folder.write("old", to: "model/b")
        let path = folder.path + "/model"
        let directory = try AtomicDirectory(path: path + ending)
        try AtomicFile.write(Data("new".utf8), to: directory.temporaryPath + "/a")
        #expect(text(path + "/a") == "old")
        try directory.commit()
        #expect(text(path + "/a") == "new")
        #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["a"])
        #expect(try folder.names() == ["model"])
        let fresh = try AtomicDirectory(path: folder.path + "/deep/fresh")
        try AtomicFile.write(Data("new".utf8), to: fresh.temporaryPath + "/a")
        try fresh.commit()
        #expect(text(folder.path + "/deep/fresh/a") == "new")
    }

    @Test("a folder that is given up leaves the old one and nothing else")
    func abandonedFolder() throws {
        let folder = try TemporaryDirectory()
        try folder.write("old", to: "model/a")
        func giveUp() throws {
            let directory = try AtomicDirectory(path: folder.path + "/model")
            try AtomicFile.write(Data("half".utf8), to: directory.temporaryPath + "/a")
            throw CheckpointError(folder.path, "given up")
        }
        #expect(fault { try giveUp() }.contains("given up"))
        #expect(text(folder.path + "/model/a") == "old")
        #expect(try folder.names() == ["model"])
    }

    @Test("what a dead process of the same number left does not come back")
    func leftovers() throws {
        let folder = try TemporaryDirectory()
        let process = ProcessInfo.processInfo.processIdentifier
        try folder.write("stale", to: "model.partial-\(process)/stale")
        let directory = try AtomicDirectory(path: folder.path + "/model")
        try AtomicFile.write(Data("new".utf8), to: directory.temporaryPath + "/a")
        try directory.commit()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/model") == ["a"])
    }
}
