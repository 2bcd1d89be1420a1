import Checkpoints
import Foundation
import JSON
import Models
import Tensors
import TestSupport
import Testing

struct TextDirectoryTests {
    private let models = goldenFolder + "/models"

    private func network(_ name: String) throws -> SequenceClassifier {
        let directory = try ModelDirectory(path: "\(models)/\(name)")
        return SequenceClassifier(
            try JSONDecoder().decode(TextConfiguration.self, from: directory.configData))
    }

    /// The tensors of a model under other names, in a file of their own.
    private func renamed(
        _ name: String, in folder: borrowing TemporaryDirectory, _ rename: (String) -> String
    ) throws -> SafetensorsFile {
        let source = try openModelWeights(directory: "\(models)/\(name)")
        var writer = SafetensorsWriter()
        for name in source.names {
            writer.add(rename(name), from: source, named: try #require(source.info(name)))
        }
        // As old versions of transformers stored it.
        writer.add("embeddings.position_ids", integers: Array(0..<40))
        try writer.write(to: folder.path + "/renamed.safetensors")
        return try SafetensorsFile(path: folder.path + "/renamed.safetensors")
    }

    @Test(
        "names without the model's prefix and TensorFlow's names of norms give the same bits",
        arguments: ["bert-classes", "xlnet-classes"])
    func spellings(name: String) throws {
        let network = try network(name)
        let expected = FlatBuffer(count: network.layout.count)
        let found = FlatBuffer(count: network.layout.count)
        _ = try loadParameters(
            from: try openModelWeights(directory: "\(models)/\(name)"), into: expected.all,
            layout: network.layout)
        let folder = try TemporaryDirectory()
        let source = try renamed(name, in: folder) { name in
            let isEncoder = name.hasPrefix("bert.") || name.hasPrefix("transformer.")
            let bare = isEncoder ? String(name.drop { $0 != "." }.dropFirst()) : name
            return bare.replacingOccurrences(of: "LayerNorm.weight", with: "LayerNorm.gamma")
                .replacingOccurrences(of: "LayerNorm.bias", with: "LayerNorm.beta")
        }
        let report = try loadParameters(from: source, into: found.all, layout: network.layout)
        #expect(report.missing.isEmpty && report.unexpected.isEmpty, "\(report)")
        #expect(sameBits(found.all.array(), expected.all.array()))
    }

    @Test("from a masked language model a classifier lacks only its head, and takes nothing of the other's")
    func otherHead() throws {
        let network = try network("bert-classes")
        let values = FlatBuffer(count: network.layout.count)
        let report = try loadParameters(
            from: try openModelWeights(directory: "\(models)/bert-masked"), into: values.all,
            layout: network.layout)
        #expect(report.missing == network.headSlots && report.unexpected.isEmpty, "\(report)")
    }

    @Test("a directory that is written keeps configuration, labels and every byte of the tokenizer")
    func writing() throws {
        let network = try network("xlnet-classes")
        let source = try ModelDirectory(path: "\(models)/xlnet-classes")
        let values = FlatBuffer(count: network.layout.count)
        _ = try loadParameters(
            from: try openModelWeights(directory: source.path), into: values.all, layout: network.layout)
        let folder = try TemporaryDirectory()
        try folder.write("{\"version\": \"1.0\"} ", to: "from/tokenizer.json")
        try folder.write([0, 255, 7], to: "from/spiece.model")
        try folder.write("{}", to: "from/config.json")
        let kept = try KeptFile.tokenizer(of: StoredModel(path: folder.path + "/from"))
        #expect(kept.map(\.name) == ["tokenizer.json", "spiece.model"])
        let path = folder.path + "/model"
        let labels = LabelNames(["no", "yes", "maybe", "who knows"])
        try writeModelDirectory(
            at: path, values: values.all, layout: network.layout,
            files: ModelFiles(config: source.config.naming(labels), kept: kept, card: "# A card\n"))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: path).sorted() == [
                "README.md", "config.json", "model.safetensors", "spiece.model", "tokenizer.json",
            ])
        #expect(try KeptFile.tokenizer(of: StoredModel(path: path)) == kept)
        var config = try ModelDirectory(path: path).config
        #expect(try LabelNames(of: config, path: path) == labels)
        #expect(config["label2id"]?["maybe"]?.integer == 2)
        for key in ["id2label", "label2id"] { config[key] = source.config[key] }
        #expect(config == source.config)
        let read = FlatBuffer(count: network.layout.count)
        let report = try loadParameters(
            from: try openModelWeights(directory: path), into: read.all, layout: network.layout)
        #expect(report.missing.isEmpty && report.unexpected.isEmpty)
        #expect(sameBits(read.all.array(), values.all.array()))
    }

    @Test("labels are the names of rows from 0 on, in any order of the file; anything else is refused")
    func labels() throws {
        func labels(_ json: String) throws -> LabelNames? {
            try LabelNames(of: try JSONValue(parsing: Data(json.utf8)), path: "config.json")
        }
        #expect(try labels("{}") == nil)
        #expect(try labels(#"{"id2label": {"1": "b", "0": "a"}}"#)?.names == ["a", "b"])
        #expect(try labels(#"{"id2label": {"0": "LABEL_0", "1": "LABEL_1"}}"#)?.isUnnamed == true)
        #expect(LabelNames(["a", "b"]).row(of: "b") == 1 && LabelNames(["a"]).row(of: "b") == nil)
        for broken in [
            #"{"id2label": []}"#, #"{"id2label": {"1": "b"}}"#, #"{"id2label": {"0": 7}}"#,
            #"{"id2label": {"x": "b"}}"#, #"{"id2label": {"0": "a", "00": "b"}}"#,
        ] {
            #expect(fault { try labels(broken) }.contains("id2label"), "\(broken)")
        }
    }
}
