import Checkpoints
import Foundation
import Models
import Tensors
import TestSupport
import Testing

struct ParameterLoadingTests {
    private let model = goldenFolder + "/models/tiny-group"

    private func network() throws -> Wav2Vec2 {
        let directory = try ModelDirectory(path: model)
        return Wav2Vec2(try JSONDecoder().decode(Wav2Vec2Configuration.self, from: directory.configData))
    }

    private func load(_ source: any TensorSource, _ layout: ParameterLayout) throws -> ([Float], LoadReport) {
        let store = FlatBuffer(count: layout.count)
        let report = try loadParameters(from: source, into: store.all, layout: layout)
        return (store.all.array(), report)
    }

    @Test(
        "every container and every spelling gives the same bits as model.safetensors",
        arguments: ["group-zip", "group-legacy", "group-headless"])
    func containers(name: String) throws {
        let network = try network()
        let (expected, whole) = try load(try openModelWeights(directory: model), network.layout)
        #expect(whole.missing.isEmpty && whole.unexpected.isEmpty)
        let source = try openModelWeights(directory: "\(goldenFolder)/checkpoints/\(name)")
        let (found, report) = try load(source, network.layout)
        let missing = name == "group-headless" ? network.headSlots : []
        #expect(report.missing == missing)
        #expect(report.unexpected.isEmpty, "\(report.unexpected)")
        for slot in network.layout.slots where !missing.contains(slot) {
            #expect(sameBits(Array(found[slot.range]), Array(expected[slot.range])), "\(slot.name)")
        }
    }

    /// A source of zeros.
    private struct Zeros: TensorSource {
        let path = "zeros"
        let shapes: [String: Shape]
        var names: [String] { shapes.keys.sorted() }
        func info(_ name: String) -> TensorInfo? {
            shapes[name].map { TensorInfo(name: name, shape: $0, dataType: .float32) }
        }
        func read(_ name: String, into target: Tensor) throws(CheckpointError) { target.fill(0) }
    }

    @Test("parameters without a tensor and tensors without a parameter are reported, pre-training's are not")
    func report() throws {
        var layout = ParameterLayout()
        let kept = layout.add("wav2vec2.a.weight", [2])
        let skipped = layout.add("lm_head.weight", [3])
        let absent = layout.add("wav2vec2.b.weight", [2])
        let values = FlatBuffer(count: layout.count)
        values.all.fill(5)
        let source = Zeros(shapes: [
            "a.weight": [2], "lm_head.weight": [7], "extra": [1], "quantizer.codevectors": [1],
            "project_q.weight": [1], "lm_head.c": [1],
        ])
        let report = try loadParameters(
            from: source, into: values.all, layout: layout, skipping: ["lm_head.weight"])
        #expect(report.missing == [skipped, absent])
        #expect(report.unexpected == ["extra", "lm_head.c", "lm_head.weight"])
        #expect(values[kept.range].array() == [0, 0])
        #expect(values[absent.range].array() == [5, 5], "what is missing stays as it was")
    }

    @Test("a shape that disagrees is refused with both shapes; extents of 1 do not matter")
    func shapes() throws {
        var layout = ParameterLayout()
        _ = layout.add("m.weight", [4, 3])
        let values = FlatBuffer(count: layout.count)
        let message = fault {
            try loadParameters(from: Zeros(shapes: ["m.weight": [3, 4]]), into: values.all, layout: layout)
        }
        #expect(message.contains("m.weight is (3, 4), but the configuration makes it (4, 3)"), "\(message)")
        _ = try loadParameters(
            from: Zeros(shapes: ["m.weight": [1, 4, 3]]), into: values.all, layout: layout)
    }

    @Test("the canonical spelling is taken where a file has several")
    func spellings() throws {
        var layout = ParameterLayout()
        let slot = layout.add("wav2vec2.conv.weight_g", [1])
        let report = try load(
            Zeros(shapes: ["conv.weight_g": [1], "wav2vec2.conv.parametrizations.weight.original0": [1]]),
            layout)
        #expect(report.1.missing.isEmpty)
        #expect(report.1.unexpected == ["conv.weight_g"])
        #expect(slot.shape == [1])
    }
}
