import Foundation
import Models
import Testing

struct PretrainingConfigurationTests {
    private func read(_ json: String) throws -> PretrainingConfiguration {
        try JSONDecoder().decode(PretrainingConfiguration.self, from: Data(json.utf8))
    }

    @Test("an empty configuration has transformers' defaults, and null keeps one")
    func defaults() throws {
        let defaults = try read(#"{"num_negatives": null, "hidden_size": 12}"#)
        #expect(defaults == PretrainingConfiguration())
        #expect(defaults.codebookGroups == 2 && defaults.codebookEntries == 320)
        #expect(defaults.codevectorSize == 256 && defaults.projectionSize == 256)
        #expect(defaults.negatives == 100 && defaults.contrastiveTemperature == 0.1)
        #expect(defaults.diversityWeight == 0.1 && defaults.quantizerDropout == 0)
        #expect(defaults.featurePenaltyWeight == 0 && defaults.featureGradientScale == 1)
    }

    @Test("keys are read by transformers' names")
    func keys() throws {
        var expected = PretrainingConfiguration()
        expected.codebookGroups = 3
        expected.codebookEntries = 5
        expected.codevectorSize = 12
        expected.projectionSize = 7
        expected.negatives = 9
        expected.contrastiveTemperature = 0.5
        expected.diversityWeight = 0.25
        expected.quantizerDropout = 0.125
        let json = """
            {"num_codevector_groups": 3, "num_codevectors_per_group": 5, "codevector_dim": 12,
             "proj_codevector_dim": 7, "num_negatives": 9, "contrastive_logits_temperature": 0.5,
             "diversity_loss_weight": 0.25, "feat_quantizer_dropout": 0.125}
            """
        #expect(try read(json) == expected)
        #expect(expected.faults().isEmpty)
    }

    @Test("presets can be built", arguments: ModelPreset.allCases)
    func presets(preset: ModelPreset) {
        #expect(preset.objective.faults().isEmpty)
    }

    @Test(
        "what cannot be built is said, key by key",
        arguments: [
            (#"{"num_codevector_groups": 0}"#, "num_codevector_groups"),
            (#"{"num_codevector_groups": 3}"#, "codevector_dim"),
            (#"{"num_codevectors_per_group": -1}"#, "num_codevectors_per_group"),
            (#"{"codevector_dim": 99999}"#, "codevector_dim"), (#"{"num_negatives": 0}"#, "num_negatives"),
            (#"{"contrastive_logits_temperature": 0}"#, "contrastive_logits_temperature"),
            (#"{"feat_quantizer_dropout": 1}"#, "feat_quantizer_dropout"),
            (#"{"diversity_loss_weight": -1}"#, "diversity_loss_weight"),
        ])
    func faults(json: String, key: String) throws {
        let faults = try read(json).faults()
        #expect(faults.contains { $0.contains(key) }, "\(faults)")
    }
}
