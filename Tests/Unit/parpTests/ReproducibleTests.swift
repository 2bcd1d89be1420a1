import Foundation
import Testing

@Suite(.serialized)
struct ReproducibleTests {
    /// Dropout, layer drop and masking are those of the defaults; the encoder is trained from the first update on.
    private let sets = [
        "distributed.reproducible=true", "model.freeze_encoder_updates=0", "pruning.method=parp",
        "pruning.sparsity=0.5", "data.rank_seconds=0.8", "regularization.layer_drop=0.2",
    ]

    private func train(
        _ output: String, ranks: Int, _ more: [String], in fixture: Fixture, _ words: [String] = []
    ) throws -> Outcome {
        try parp(
            ["train", "recipe.toml", "--output", output] + (sets + more).flatMap { ["--set", $0] } + words,
            ranks: ranks,
            in: fixture.folder)
    }

    @Test(
        "weights, moments and masks have the same bits on 1, 2, 3, 4, 6 and 8 ranks, in messages of any size")
    func ranks() throws {
        let fixture = try Fixture()
        let files = [
            "final/model.safetensors", "checkpoints/step-8/state.safetensors", "masks/step-3.safetensors",
        ]
        let buckets = [1: 25.0, 2: 0.001, 3: 0.01, 4: 25, 6: 0.1, 8: 25]
        for ranks in [1, 2, 3, 4, 6, 8] {
            let outcome = try train(
                "run-\(ranks)", ranks: ranks, ["distributed.bucket_megabytes=\(buckets[ranks] ?? 25)"],
                in: fixture)
            #expect(outcome.status == 0, "\(outcome.screen)")
            for name in files {
                let same =
                    try fixture.folder.read("run-1/\(name)") == fixture.folder.read("run-\(ranks)/\(name)")
                #expect(same, "\(ranks) ranks: \(name)")
            }
        }
    }

    @Test("what would change its last bits is refused when it is resumed; a plain run may change it")
    func resumption() throws {
        let fixture = try Fixture()
        let stop = ["--inject", "signal@step=3"]
        #expect(try train("run", ranks: 2, [], in: fixture, stop).status == 85)
        for change in [
            "data.rank_seconds=0.7", "distributed.threads_per_rank=2", "distributed.reproducible_parts=4",
            "distributed.reproducible=false",
        ] {
            let outcome = try train("run", ranks: 2, [change], in: fixture, ["--resume"])
            #expect(outcome.status == 64, "\(change): \(outcome.screen)")
            let key = change.split(separator: "=")[0]
            #expect(outcome.count("  \(key) was ") == 1, "\(outcome.screen)")
        }
        #expect(try train("run", ranks: 3, [], in: fixture, ["--resume"]).status == 0)
        let plain = ["distributed.reproducible=false"]
        #expect(try train("plain", ranks: 2, plain, in: fixture, stop).status == 85)
        let other = plain + ["data.rank_seconds=0.9"]
        #expect(try train("plain", ranks: 2, other, in: fixture, ["--resume"]).status == 0)
    }

    @Test("a plain run on other ranks differs in its last bits, which is what the mode is for")
    func plainRunsDiffer() throws {
        let fixture = try Fixture()
        for ranks in [1, 3] {
            let outcome = try train(
                "run-\(ranks)", ranks: ranks, ["distributed.reproducible=false"], in: fixture)
            #expect(outcome.status == 0, "\(outcome.screen)")
        }
        #expect(
            try fixture.folder.read("run-1/final/model.safetensors")
                != fixture.folder.read("run-3/final/model.safetensors"))
    }
}
