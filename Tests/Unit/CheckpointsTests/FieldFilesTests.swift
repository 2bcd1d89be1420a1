import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

/// Model files as people find them: pointers instead of weights, NaN, values of the wrong type.
struct FieldFilesTests {
    private let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 377666114\n"

    @Test(
        "a pointer of Git LFS is called so, whatever it stands for",
        arguments: ["model.safetensors", "pytorch_model.bin", "config.json", "vocab.json"])
    func pointers(name: String) throws {
        let folder = try TemporaryDirectory()
        try folder.write("{}", to: "config.json")
        try folder.write(pointer, to: name)
        let path = folder.path
        let message = fault {
            _ = try ModelDirectory(path: path)
            _ = try openModelWeights(directory: path)
        }
        #expect(message.contains("\(name): is a Git LFS pointer") && message.contains("git lfs pull"))
    }

    @Test("a web page, a packed file and a model's part are named so, too")
    func strangers() throws {
        let folder = try TemporaryDirectory()
        try folder.write("<!DOCTYPE html><html>Not found</html>", to: "model.safetensors")
        let path = folder.path
        #expect(fault { try openModelWeights(directory: path) }.contains("is a web page"))
        try folder.write([0x1F, 0x8B, 8, 0], to: "model.safetensors")
        #expect(fault { try openModelWeights(directory: path) }.contains("gzip"))
        try folder.write("{}", to: "config.json")
        #expect(fault { try StoredModel(path: path + "/config.json") }.contains("name its folder"))
    }

    @Test(
        "a weight that is no number ends the reading, with its tensor's name",
        arguments: [Float.nan, .infinity])
    func notFinite(value: Float) throws {
        let folder = try TemporaryDirectory()
        var layout = ParameterLayout()
        let slot = layout.add("encoder.weight", [2, 3])
        let values = FlatBuffer(count: layout.count)
        values.all[slot.range.lowerBound + 4] = value
        var writer = SafetensorsWriter()
        writer.add("encoder.weight", values.all.elements(slot.range), shape: [2, 3])
        try writer.write(to: folder.path + "/x.safetensors")
        let source = try SafetensorsFile(path: folder.path + "/x.safetensors")
        let read = FlatBuffer(count: layout.count)
        let expected = "tensor encoder.weight is not finite: 1 of its 6 numbers"
        #expect(fault { try loadParameters(from: source, into: read.all, layout: layout) }.contains(expected))
        #expect(fault { try checkParameters(of: source, layout: layout) }.contains(expected))
        var copy = SafetensorsWriter()
        copy.add("encoder.weight", from: source, named: try #require(source.info("encoder.weight")))
        #expect(fault { try copy.write(to: folder.path + "/y.safetensors") }.contains(expected))
        #expect(try folder.names() == ["x.safetensors"], "nothing is left of the copy")
    }

    @Test("a value of the wrong type is refused with its key, never passed over")
    func types() throws {
        let cases: [(String, String, String)] = [
            ("preprocessor_config.json", #"{"do_normalize": "false"}"#, "do_normalize is \"false\""),
            ("preprocessor_config.json", #"{"sampling_rate": "8000"}"#, "sampling_rate is \"8000\""),
            ("preprocessor_config.json", #"{"sampling_rate": 8000.5}"#, "sampling_rate"),
            ("preprocessor_config.json", #"{"sampling_rate": 0}"#, "from 1000 to 1000000"),
            ("processor_config.json", #"{"feature_extractor": 1}"#, "feature_extractor is 1"),
            ("processor_config.json", #"{"feature_extractor": {"do_normalize": 0}}"#, "do_normalize is 0"),
            ("tokenizer_config.json", #"{"do_lower_case": "yes"}"#, "do_lower_case is \"yes\""),
            ("tokenizer_config.json", #"{"pad_token": 0}"#, "pad_token is 0"),
            ("tokenizer_config.json", #"{"word_delimiter_token": ["|"]}"#, "word_delimiter_token"),
        ]
        for (name, text, expected) in cases {
            let folder = try TemporaryDirectory()
            try folder.write("{}", to: "config.json")
            try folder.write(text, to: name)
            let path = folder.path
            let message = fault { try ModelDirectory(path: path) }
            #expect(message.contains(name) && message.contains(expected), "\(message)")
        }
    }

    @Test("processor_config.json comes first, and null counts as absent")
    func processor() throws {
        let folder = try TemporaryDirectory()
        try folder.write("{}", to: "config.json")
        try folder.write(#"{"sampling_rate": 16000, "do_normalize": null}"#, to: "preprocessor_config.json")
        #expect(try ModelDirectory(path: folder.path).preprocessor == PreprocessorConfig())
        try folder.write(
            #"{"feature_extractor": {"sampling_rate": 8000, "do_normalize": false}}"#,
            to: "processor_config.json")
        let read = try ModelDirectory(path: folder.path).preprocessor
        #expect(read.samplingRate == 8000 && !read.normalizes)
    }
}
