import Foundation
import Models
import Tensors
import Testing

struct TextConfigurationTests {
    private func read(_ json: String) throws -> TextConfiguration {
        try JSONDecoder().decode(TextConfiguration.self, from: Data(json.utf8))
    }

    @Test("nothing but the model's type is transformers' default, and null keeps one")
    func defaults() throws {
        #expect(try read(#"{"model_type": "bert", "hidden_size": null}"#) == .bert(BertConfiguration()))
        #expect(try read(#"{"model_type": "xlnet"}"#) == .xlnet(XLNetConfiguration()))
    }

    @Test("labels are counted by their names, and are two where none is named")
    func labels() throws {
        #expect(try read(#"{"model_type": "bert"}"#).labelCount == 2)
        let named = try read(#"{"model_type": "xlnet", "id2label": {"0": "a", "1": "b", "2": "c"}}"#)
        #expect(named.labelCount == 3)
        var other = named
        other.labelCount = 7
        #expect(SequenceClassifier(other).classifierSlots[0].shape == [7, 1024])
    }

    @Test("operations are those of the products: two of each weight for each token, and attention's")
    func operations() throws {
        // Base: 85 million weights of the blocks, a pooler, two classes; 12 blocks whose scores and sums take 2 · 768 for each pair.
        let base = try read(#"{"model_type": "bert"}"#)
        let weights = 84_934_656.0
        let head = 768.0 * 768 + 768 * 2
        #expect(base.forwardOperations(tokens: 1) == 2 * (weights + 12 * 2 * 768 + head))
        #expect(base.forwardOperations(tokens: 100) == 2 * (100 * (weights + 12 * 2 * 768 * 100) + head))
        let xlnet = try read(#"{"model_type": "xlnet", "d_model": 768, "n_layer": 12, "d_inner": 3072}"#)
        #expect(xlnet.forwardOperations(tokens: 1) == 2 * (weights + 12 * 4 * 768 + head))
    }

    @Test(
        "what cannot be built is said, key by key",
        arguments: [
            (#"{"model_type": "bert", "hidden_size": 770}"#, "num_attention_heads"),
            (#"{"model_type": "bert", "hidden_act": "relu"}"#, "hidden_act"),
            (#"{"model_type": "bert", "num_hidden_layers": 0}"#, "num_hidden_layers"),
            (#"{"model_type": "bert", "vocab_size": -1}"#, "vocab_size"),
            (#"{"model_type": "bert", "hidden_dropout_prob": 1.5}"#, "hidden_dropout_prob"),
            (#"{"model_type": "bert", "layer_norm_eps": 0}"#, "layer_norm_eps"),
            (#"{"model_type": "xlnet", "ff_activation": "relu"}"#, "ff_activation"),
            (#"{"model_type": "xlnet", "d_model": 9, "n_head": 3, "d_head": 3}"#, "even number"),
            (#"{"model_type": "xlnet", "dropout": -1}"#, "dropout"),
        ])
    func faults(json: String, key: String) throws {
        let faults = try read(json).faults()
        #expect(faults.contains { $0.contains(key) }, "\(faults)")
    }

    @Test(
        "other architectures and variants are refused when they are read",
        arguments: [
            (#"{"model_type": "roberta"}"#, "it reads bert and xlnet (RoBERTa counts positions"),
            (#"{"model_type": "distilbert"}"#, "DistilBERT has no segments"),
            (#"{"model_type": "mpnet"}"#, "MPNet's attention"),
            (#"{"model_type": "wav2vec2"}"#, "it is a speech model"),
            (#"{"model_type": "gpt2"}"#, "\"gpt2\" is not a text model that parp reads"),
            ("{}", "is missing"),
            (#"{"model_type": "bert", "position_embedding_type": "relative_key"}"#, "only \"absolute\""),
            (#"{"model_type": "bert", "is_decoder": true}"#, "decoders are not supported"),
            (#"{"model_type": "bert", "tie_word_embeddings": false}"#, "with its own weights"),
            (#"{"model_type": "xlnet", "attn_type": "uni"}"#, "both directions"),
            (#"{"model_type": "xlnet", "clamp_len": 400}"#, "clamped distances"),
            (#"{"model_type": "xlnet", "summary_type": "first"}"#, "only a summary of the last token"),
            (#"{"model_type": "xlnet", "summary_activation": "relu"}"#, "only \"tanh\""),
            (#"{"model_type": "xlnet", "d_head": 32}"#, "evenly"),
        ])
    func otherArchitectures(json: String, sentence: String) throws {
        let error = #expect(throws: DecodingError.self) { try read(json) }
        guard case .dataCorrupted(let context) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(context.debugDescription.contains(sentence), "\(context.debugDescription)")
    }
}

struct SequenceClassifierTests {
    private func weights(_ layout: ParameterLayout) -> Int {
        layout.prunableSlots.filter { $0.shape.rank > 1 }.reduce(0) { $0 + $1.shape.count }
    }

    /// XLNet base.
    private var xlnetBase: XLNetConfiguration {
        var configuration = XLNetConfiguration()
        configuration.hiddenSize = 768
        configuration.layerCount = 12
        configuration.headCount = 12
        configuration.intermediateSize = 3072
        return configuration
    }

    @Test("parameters and pools of base size are the published ones, extras are in the pool if requested")
    func counts() {
        let bert = SequenceClassifier(.bert(BertConfiguration())).layout
        #expect(bert.parameterCount == 109_483_778 && weights(bert) == 84_934_656)
        #expect(BertMaskedLanguageModel(BertConfiguration()).layout.parameterCount == 109_514_298)
        let pooled = SequenceClassifier(.bert(BertConfiguration()), extras: .pooler).layout
        #expect(weights(pooled) == 84_934_656 + 589_824)
        let embedded = SequenceClassifier(.bert(BertConfiguration()), extras: .embeddings).layout
        #expect(weights(embedded) == 84_934_656 + (30_522 + 512 + 2) * 768)
        let xlnet = SequenceClassifier(.xlnet(xlnetBase)).layout
        #expect(xlnet.parameterCount == 117_310_466 && weights(xlnet) == 84_934_656)
        let relative = SequenceClassifier(.xlnet(xlnetBase), extras: .relativePositions).layout
        #expect(weights(relative) == 84_934_656 + 7_077_888)
    }

    @Test("weight decay spares only biases and norms")
    func decay() {
        for configuration in [TextConfiguration.bert(BertConfiguration()), .xlnet(xlnetBase)] {
            for slot in SequenceClassifier(configuration).layout.slots {
                let isSpared =
                    slot.name.hasSuffix("bias") || slot.name.lowercased().contains("norm")
                    || slot.name.hasSuffix("mask_emb")
                #expect(slot.decays == !isSpared, "\(slot.name)")
            }
        }
    }
}
