import Checkpoints
import Foundation
import JSON
import TestSupport
import Testing

struct StoredModelTests {
    private let model = goldenFolder + "/checkpoints/group-zip"

    @Test("a directory, and a weights file in one, are the same model")
    func directory() throws {
        for path in [model, model + "/pytorch_model.bin"] {
            let stored = try StoredModel(path: path)
            #expect(stored.path == model && stored.isDirectory)
            #expect(stored.config["hidden_size"]?.integer == 32)
            #expect(try stored.openWeights().info("lm_head.weight") != nil)
            #expect(stored.dictionaryName == nil && stored.leftOut.isEmpty)
        }
    }

    @Test("a file that is not there, or is no checkpoint, is refused by name")
    func refused() throws {
        #expect(fault { try StoredModel(path: "/nowhere.pt") }.contains("/nowhere.pt: no such model"))
        let folder = try TemporaryDirectory()
        let text = try folder.write("dear diary", to: "model.pt")
        #expect(fault { try StoredModel(path: text) }.contains("neither of PyTorch's containers"))
    }
}
