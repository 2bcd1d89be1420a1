import Checkpoints
import Foundation
import JSON
import Models
import Tensors
import TestSupport
import Testing

/// Largest difference of logits over the largest logit, as docs/numerics.md promises it.
private let logitsTolerance = 1e-4

private let folder = goldenFolder + "/checkpoints/fairseq/"

private func configuration(_ json: JSONValue) throws -> Wav2Vec2Configuration {
    try JSONDecoder().decode(Wav2Vec2Configuration.self, from: Data(json.line.utf8))
}

struct FairseqCheckpointTests {
    @Test(
        "both containers and every kind of configuration give the model and the logits of the original",
        arguments: [
            ("group-args-legacy", "tiny-group"), ("stable-omegaconf-zip", "tiny-stable"),
            ("stable-cfg-legacy", "tiny-stable"), ("hubert-stable", "hubert-stable"),
        ])
    func fineTuned(name: String, original: String) throws {
        var golden = try GoldenModel(directory: "\(goldenFolder)/models/\(original)")
        let stored = try StoredModel(path: folder + name + ".pt")
        #expect(try configuration(stored.config) == golden.network.configuration)
        let values = golden.store.values.all
        let expected = values.array()
        values.fill(0)
        let report = try loadParameters(
            from: try stored.openWeights(), into: values, layout: golden.network.layout)
        #expect(report.missing.isEmpty && report.unexpected.isEmpty && stored.leftOut.isEmpty)
        #expect(sameBits(values.array(), expected))
        for (index, logits) in golden.evaluate().enumerated() {
            let reference = try golden.golden.floats("logits.\(index)")
            #expect(relativeDifference(logits, reference) < logitsTolerance)
        }
    }

    @Test(
        "a pre-trained model has no head; its quantizer has transformers' names, and the configuration its sizes"
    )
    func pretrained() throws {
        let stored = try StoredModel(path: folder + "pretrained-args-zip.pt")
        #expect(stored.tokens == nil && stored.dictionaryName == nil && stored.dictionaryPath == nil)
        let network = Wav2Vec2(try configuration(stored.config))
        let weights = try stored.openWeights()
        let match = try matchParameters(of: weights, with: network.layout)
        #expect(match.report.missing == network.headSlots && match.report.unexpected.isEmpty)
        #expect(weights.info("quantizer.codevectors")?.shape == [1, 12, 4])
        #expect(weights.info("project_hid.weight")?.shape == [10, 32])
        let sizes = [
            "num_codevector_groups", "num_codevectors_per_group", "codevector_dim", "proj_codevector_dim",
        ]
        #expect(sizes.map { stored.config[$0]?.integer } == [2, 6, 8, 10])
    }

    @Test("what only HuBERT's pre-training needs is left out by name")
    func hubertPretrained() throws {
        let stored = try StoredModel(path: folder + "hubert-group-pretrained.pt")
        #expect(stored.leftOut == ["final_proj.weight", "label_embs_concat"])
        let network = Wav2Vec2(try configuration(stored.config))
        #expect(network.configuration.family == .hubert)
        let match = try matchParameters(of: try stored.openWeights(), with: network.layout)
        #expect(match.report.missing == network.headSlots && match.report.unexpected.isEmpty)
    }

    @Test("the dictionary in a checkpoint gives the tokens, its first two exchanged; else its file is named")
    func dictionary() throws {
        let inside = try StoredModel(path: folder + "stable-omegaconf-zip.pt")
        #expect(inside.tokens == ["<pad>", "<s>", "</s>", "<unk>", "|", "A", "B", "C", "D", "E", "F"])
        #expect(inside.config["pad_token_id"]?.integer == 0)
        let outside = try StoredModel(path: folder + "stable-cfg-legacy.pt")
        #expect(outside.tokens == nil && outside.dictionaryPath == folder + "dict.phn.txt")
    }

    @Test("how audio is prepared follows from the task")
    func preprocessor() throws {
        let group = try StoredModel(path: folder + "group-args-legacy.pt").preprocessor
        #expect(!group.normalizes && group.samplingRate == 16000 && !group.returnsAttentionMask)
        let task = JSONValue.object([
            .init("normalize", .boolean(true)), .init("sample_rate", .integer(8000)),
        ])
        let made = try open { cfg in
            cfg["task"] = task
            cfg["model"]?["extractor_mode"] = .string("layer_norm")
        }.preprocessor
        #expect(made.normalizes && made.samplingRate == 8000 && made.returnsAttentionMask)
    }

    // Checkpoints that no honest program wrote.

    /// The `cfg` of wav2vec 2.0 base.
    private static let base = JSONValue.object([
        .init("task", .object([])),
        .init(
            "model",
            .object([
                .init("_name", .string("wav2vec2")), .init("encoder_layers", .integer(12)),
                .init("encoder_embed_dim", .integer(768)), .init("encoder_ffn_embed_dim", .integer(3072)),
                .init("encoder_attention_heads", .integer(12)),
                .init("conv_feature_layers", .string("[(512,10,5)] + [(512,3,2)] * 4 + [(512,2,2)] * 2")),
            ])),
    ])

    /// A checkpoint with base's configuration after a change, and (2, 2) tensors.
    private func open(
        tensors: [String] = ["mask_emb"], others: [(String, JSONValue)] = [],
        _ change: (inout JSONValue) -> Void = { _ in }
    ) throws -> StoredModel {
        var cfg = Self.base
        change(&cfg)
        let pickle = PickleWriter.dictionary { writer in
            for (key, value) in [("cfg", cfg)] + others {
                writer.text(key)
                writer.value(value)
            }
            writer.text("model")
            writer.put(PickleWriter.emptyDictionary, PickleWriter.mark)
            for name in tensors {
                writer.text(name)
                writer.tensor(count: 4, sizes: [2, 2], strides: [2, 1])
            }
            writer.put(PickleWriter.setItems)
        }
        let folder = try TemporaryDirectory()
        return try StoredModel(path: try folder.write(torchZip(pickle), to: "model.pt"))
    }

    @Test("a hand-made checkpoint is wav2vec 2.0 base, so that the refusals below are of what they change")
    func honest() throws {
        #expect(try configuration(open().config) == Wav2Vec2Configuration())
    }

    @Test(
        "a configuration that builds another network, or says nothing of it, is refused with its key",
        arguments: [
            (
                "_name", .string("data2vec_audio"),
                "of the kind data2vec_audio; parp reads wav2vec2 and hubert"
            ),
            ("_name", .string("wav2vec"), "of the kind wav2vec; parp reads"),
            ("relative_position_embedding", .boolean(true), "is WavLM"),
            ("activation_fn", .string("relu"), "activation_fn is \"relu\"; only \"gelu\""),
            ("layer_type", .string("conformer"), "layer_type is \"conformer\""),
            ("pos_conv_depth", .integer(5), "pos_conv_depth is 5; only 1"),
            ("conv_pos_batch_norm", .boolean(true), "conv_pos_batch_norm"),
            ("extractor_mode", .string("other"), "extractor_mode is \"other\""),
            ("encoder_layers", .string("twelve"), "\"twelve\" as encoder_layers, not a number"),
            ("encoder_attention_heads", .null, "null as encoder_attention_heads"),
        ] as [(String, JSONValue, String)])
    func variants(key: String, value: JSONValue, sentence: String) {
        let message = fault { try open { $0["model"]?[key] = value } }
        #expect(message.contains(sentence), "\(message)")
    }

    @Test(
        "convolutions are read from sums of lists, and from lists of lists",
        arguments: [
            (.string("[(8, 10, 5)] + [(9, 3, 2)] * 2 + [(7,2,2)]"), [8, 9, 9, 7]),
            (.string("[(8,10,5),(9,3,2),]*1"), [8, 9]), (.string("[(8,10,5)]+[(9,1,1)]*0"), [8]),
            (.array([.array([.integer(8), .integer(10), .integer(5)])]), [8]),
        ] as [(JSONValue, [Int])])
    func convolutions(value: JSONValue, channels: [Int]) throws {
        let config = try open { $0["model"]?["conv_feature_layers"] = value }.config
        #expect(config["conv_dim"]?.elements?.map(\.integer) == channels)
        #expect(config["conv_kernel"]?.elements?.first?.integer == 10)
        #expect(config["conv_stride"]?.elements?.first?.integer == 5)
    }

    @Test(
        "fairseq runs what stands for its convolutions; here anything but lists of triples is refused",
        arguments: [
            "__import__('os').system('true')", "[(8,10,5)] * 33", "[(8,10,5)] * -1", "[(8,10,5)", "",
            "[(8,10,5)] * 20 + [(8,3,2)] * 20", "[(8,10)]", "[(8,10,5,1)]", "[]",
            "[(99999999999999999999,1,1)]",
            "[(8,10,5)] + ", "[(8,10,5)][(8,10,5)]", "8", "[(8 if 1 else 2,10,5)]", "[(٣,10,5)]",
        ])
    func notConvolutions(text: String) {
        let message = fault { try open { $0["model"]?["conv_feature_layers"] = .string(text) } }
        #expect(message.contains("conv_feature_layers is"), "\(message)")
    }

    @Test("a fine-tuned model without its pre-trained model's configuration is refused, with where that was")
    func withoutInner() {
        let head = ["w2v_encoder.proj.weight"]
        let message = fault {
            try open(tensors: head) { $0["model"]?["w2v_path"] = .string("/models/base.pt") }
        }
        #expect(message.contains("lacks w2v_args") && message.contains("/models/base.pt"), "\(message)")
    }

    @Test("tensors that no model has, or that are one parameter twice, are refused by name")
    func tensors() {
        let cases: [([String], String)] = [
            (["decoder.embed_tokens.weight"], "a tensor decoder.embed_tokens.weight"),
            (["w2v_encoder.other.weight"], "a tensor w2v_encoder.other.weight"),
            (["encoder.layers.x.fc1.weight"], "a tensor encoder.layers.x.fc1.weight"),
            (["encoder.layers.0.adapter.weight"], "a tensor encoder.layers.0.adapter.weight"),
            (
                ["feature_extractor.conv_layers.0.1.weight"],
                "a tensor feature_extractor.conv_layers.0.1.weight"
            ),
            (["encoder.layers.0.self_attn.relative_attention_bias.weight"], "is WavLM"),
            (["mask_emb", "w2v_encoder.w2v_model.mask_emb"], "are the same parameter"),
        ]
        for (names, sentence) in cases {
            let message = fault { try open(tensors: names) }
            #expect(message.contains(sentence), "\(message)")
        }
    }

    @Test("a tensor of another shape than the configuration's is refused with both")
    func shape() throws {
        let stored = try open(tensors: ["encoder.layers.0.fc1.weight"])
        let network = Wav2Vec2(try configuration(stored.config))
        let message = fault { try matchParameters(of: try stored.openWeights(), with: network.layout) }
        #expect(message.contains("intermediate_dense.weight is (2, 2)"), "\(message)")
        #expect(message.contains("makes it (3072, 768)"), "\(message)")
    }

    @Test("a dictionary without an identifiable blank is refused")
    func strangeDictionary() {
        let symbols = JSONValue.array(["<pad>", "<s>", "</s>", "<unk>", "A"].map(JSONValue.string))
        let state = JSONValue.object([.init("target_dictionary", .object([.init("symbols", symbols)]))])
        let message = fault {
            try open(tensors: ["w2v_encoder.proj.weight"], others: [("task_state", state)]) { cfg in
                cfg["model"]?["w2v_args"] = Self.base
            }
        }
        #expect(message.contains("does not begin with <s>, <pad>, </s>, <unk>"), "\(message)")
    }

    @Test("weights alone, a file cut off anywhere and a configuration that would run code are refused")
    func hostile() throws {
        let folder = try TemporaryDirectory()
        func open(_ content: [UInt8]) throws -> StoredModel {
            try StoredModel(path: try folder.write(content, to: "model.pt"))
        }
        let bare = PickleWriter.dictionary { writer in
            writer.text("mask_emb")
            writer.tensor(count: 4, sizes: [4], strides: [1])
        }
        #expect(fault { try open(torchZip(bare)) }.contains("has neither cfg nor args"))
        let running = PickleWriter.dictionary { writer in
            writer.text("cfg")
            writer.global("os", "system")
            writer.put(PickleWriter.mark)
            writer.text("true")
            writer.put(PickleWriter.tuple, PickleWriter.reduce)
        }
        #expect(fault { try open(torchZip(running)) }.contains("refers to os.system"))
        for name in ["group-args-legacy", "stable-omegaconf-zip"] {
            let whole = try Data(
                contentsOf: URL(fileURLWithPath: "\(goldenFolder)/checkpoints/fairseq/\(name).pt"))
            for part in stride(from: 0, to: whole.count, by: whole.count / 50) {
                #expect(throws: CheckpointError.self) { try open(Array(whole.prefix(part))) }
            }
        }
    }

    @Test("a configuration that shares its parts without end is refused, not unfolded")
    func bomb() {
        // Forty dictionaries, each with the one before twice: 2⁴⁰ values.
        let pickle = PickleWriter.dictionary { writer in
            writer.text("cfg")
            writer.value(.object([]))
            for index in 0..<UInt8(40) {
                writer.put(0x71, index, 0x30, PickleWriter.emptyDictionary, PickleWriter.mark)
                for key in ["a", "b"] {
                    writer.text(key)
                    writer.put(0x68, index)
                }
                writer.put(PickleWriter.setItems)
            }
            writer.text("model")
            writer.put(PickleWriter.emptyDictionary, PickleWriter.mark)
            writer.text("mask_emb")
            writer.tensor(count: 4, sizes: [4], strides: [1])
            writer.put(PickleWriter.setItems)
        }
        let message = fault {
            let folder = try TemporaryDirectory()
            return try StoredModel(path: try folder.write(torchZip(pickle), to: "model.pt"))
        }
        #expect(message.contains("too deep or too large"), "\(message)")
    }
}
