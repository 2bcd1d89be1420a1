import Checkpoints
import Foundation
import JSON
import Tensors
import TestSupport
import Testing

/// Files broken at random: each loads or throws, none ends the process.
struct MutationTests {
    /// Opens mutated copies of a file and reads all that can be read; returns how many could be.
    private func survivors(
        of original: [UInt8], count: Int, open: (String) throws -> any TensorSource
    ) throws -> Int {
        let folder = try TemporaryDirectory()
        let buffer = FlatBuffer(count: 1 << 16)
        var survivors = 0
        var isBounded = true
        for content in mutations(of: original, count: count, seed: 7) {
            let path = try folder.write(content, to: "mutant")
            guard let source = try? open(path) else { continue }
            survivors += 1
            for name in source.names {
                guard let info = source.info(name), info.dataType.isFloatingPoint else { continue }
                // Nothing that is stated may be larger than what is there.
                isBounded = isBounded && info.shape.count <= content.count
                if isBounded { try source.read(name, into: buffer[0..<info.shape.count]) }
            }
        }
        #expect(isBounded)
        return survivors
    }

    private func content(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(goldenFolder)/checkpoints/\(name)")))
    }

    @Test(
        "mutated torch files never end the process",
        arguments: ["views-zip.pt", "views-zip-protocol4.pt", "views-legacy.pt", "views-legacy-protocol5.pt"])
    func torch(name: String) throws {
        let found = try survivors(of: try content(name), count: 1500) { try TorchArchive(path: $0) }
        // Both kinds must occur, or the mutations test nothing.
        #expect(found > 20 && found < 1480, "\(found)")
    }

    @Test(
        "mutated fairseq checkpoints never end the process",
        arguments: ["pretrained-args-zip.pt", "stable-omegaconf-zip.pt", "hubert-stable.pt"])
    func fairseq(name: String) throws {
        // Only the pickle is broken, most of what is read; the storages follow it.
        let original = try content("fairseq/" + name)
        let folder = try TemporaryDirectory()
        var opened = 0
        for content in mutations(of: Array(original.prefix(16 << 10)), count: 400, seed: 11) {
            let path = try folder.write(content + original.dropFirst(16 << 10), to: "mutant.pt")
            guard let model = try? StoredModel(path: path) else { continue }
            opened += 1
            let weights = try model.openWeights()
            for name in weights.names { #expect(weights.info(name) != nil) }
        }
        #expect(opened > 5 && opened < 395, "\(opened)")
    }

    @Test("mutated safetensors files never end the process")
    func safetensors() throws {
        let found = try survivors(of: try content("views.safetensors"), count: 2000) {
            try SafetensorsFile(path: $0)
        }
        #expect(found > 20 && found < 1980, "\(found)")
    }

    @Test("mutated JSON never ends the process, and what is accepted is written and read back the same")
    func json() {
        let original = #"{"a": [-1.5e-3, "\ud83d\ude00é\n", null], "b": {"c": true, "d": {}}}"#.utf8
        var accepted = 0
        var isStable = true
        for content in mutations(of: Array(original), count: 3000, seed: 3) {
            guard let value = try? JSONValue(parsing: content) else { continue }
            accepted += 1
            isStable = isStable && (try? JSONValue(parsing: Array(value.line.utf8))) == value
        }
        #expect(isStable)
        #expect(accepted > 20 && accepted < 2980, "\(accepted)")
    }
}
