import Foundation
import Models
import Tensors
import Testing

struct Wav2Vec2ConfigurationTests {
    private func read(_ json: String) throws -> Wav2Vec2Configuration {
        try JSONDecoder().decode(Wav2Vec2Configuration.self, from: Data(json.utf8))
    }

    @Test("an empty configuration is wav2vec 2.0 base, and null keeps a default")
    func defaults() throws {
        #expect(try read("{}") == Wav2Vec2Configuration())
        #expect(try read(#"{"hidden_size": null}"#).hiddenSize == 768)
    }

    @Test(
        "parameter counts are the published ones",
        arguments: [
            (ModelPreset.base, 94_396_320, 85_017_600), (.large, 315_461_792, 302_211_072),
            (.xlsr53, 315_471_520, 302_211_072),
        ])
    func counts(preset: ModelPreset, parameters: Int, pool: Int) {
        let layout = Wav2Vec2(preset.configuration).layout
        #expect(layout.parameterCount == parameters)
        #expect(layout.prunableSlots.reduce(0) { $0 + $1.shape.count } == pool)
    }

    @Test("small has 4 to 6 million weights, and every preset can be built", arguments: ModelPreset.allCases)
    func presets(preset: ModelPreset) {
        #expect(preset.configuration.faults() == [])
        let objective = preset.objective
        #expect(objective.codevectorSize % objective.codebookGroups == 0)
        guard preset == .small else { return }
        #expect((4_000_000...6_000_000).contains(Wav2Vec2(preset.configuration).layout.parameterCount))
    }

    @Test("one second makes 49 frames")
    func frames() {
        let configuration = Wav2Vec2Configuration()
        #expect(configuration.frameCount(samples: 16000) == 49)
        #expect(configuration.frameCount(samples: 400) == 1)
        #expect(configuration.frameCount(samples: 399) == 0)
        #expect(configuration.frameCount(samples: 0) == 0)
        #expect(configuration.hopSamples == 320)
    }

    @Test(
        "what cannot be built is said, key by key",
        arguments: [
            (#"{"hidden_size": 770}"#, "num_attention_heads"),
            (#"{"hidden_act": "relu"}"#, "hidden_act"), (#"{"conv_dim": [512]}"#, "conv_dim"),
            (#"{"num_hidden_layers": 0}"#, "num_hidden_layers"), (#"{"pad_token_id": 32}"#, "pad_token_id"),
            (#"{"num_conv_pos_embedding_groups": 7}"#, "num_conv_pos_embedding_groups"),
            (#"{"hidden_size": -768}"#, "hidden_size"), (#"{"conv_stride": [0,2,2,2,2,2,2]}"#, "conv_stride"),
        ])
    func faults(json: String, key: String) throws {
        let faults = try read(json).faults()
        #expect(faults.contains { $0.contains(key) }, "\(faults)")
    }

    @Test("HuBERT is a family of the same network, with its own prefix")
    func hubert() throws {
        let configuration = try read(#"{"model_type": "hubert", "feat_proj_layer_norm": true}"#)
        #expect(configuration.family == .hubert)
        #expect(
            Wav2Vec2(configuration).layout.slots.allSatisfy { slot in
                slot.name.hasPrefix("hubert.") || slot.name.hasPrefix("lm_head.")
            })
    }

    @Test(
        "other architectures are refused when they are read, with what parp reads",
        arguments: [
            (#"{"model_type": "wavlm"}"#, "parp reads wav2vec2 and hubert (WavLM's attention has gated"),
            (#"{"model_type": "data2vec-audio"}"#, "parp reads wav2vec2 and hubert (data2vec has five"),
            (#"{"model_type": "whisper"}"#, "\"whisper\" is not read; parp reads wav2vec2 and hubert"),
            (#"{"model_type": "hubert", "feat_proj_layer_norm": false}"#, "without this norm"),
            (#"{"model_type": "hubert", "conv_pos_batch_norm": true}"#, "a batch norm before"),
            (#"{"feat_extract_activation": "relu"}"#, "\"relu\" is not known"),
            (#"{"add_adapter": true}"#, "adapters"), (#"{"adapter_attn_dim": 16}"#, "adapters"),
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
