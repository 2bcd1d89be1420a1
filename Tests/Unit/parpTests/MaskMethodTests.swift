import Foundation
import Testing

/// Methods that learn their mask while the run lasts, and one that holds its first beside them.
@Suite(.serialized)
struct MaskMethodTests {
    /// Methods, each with what shows it best in eight updates: all have masks of their own scores there.
    private static let methods: [[String]] = [
        ["method=mpi"], ["method=gmp"], ["method=movement", "begin=0.0"], ["method=rigl", "regrowth=0.6"],
        ["method=s3-router", "score_learning_rate=0.02"], ["method=parp-m"],
        ["method=parp-m", "score=magnitude_movement", "start_sparsity=0.2"],
        ["method=movement", "forward=dense", "scope=parameter", "include_biases=false"],
        ["method=s3-router", "train_weights=true", "forward=masked", "hold_from=0.6"],
    ]

    private func train(
        _ output: String, _ method: [String], ranks: Int, in fixture: Fixture, words: [String] = []
    ) throws -> Outcome {
        let sets =
            ["interval=2", "sparsity=0.6"].map { "pruning.\($0)" } + method.map { "pruning.\($0)" } + [
                "distributed.reproducible=true", "regularization.layer_drop=0.2",
                "reliability.replica_check_updates=1",
            ]
        return try parp(
            ["train", "recipe.toml", "--output", output] + sets.flatMap { ["--set", $0] } + words,
            ranks: ranks, in: fixture.folder)
    }

    private func events(_ kind: String, _ run: String, in fixture: Fixture) throws -> [[String: Any]] {
        try String(decoding: fixture.folder.read(run + "/metrics.jsonl"), as: UTF8.self)
            .split(separator: "\n")
            .compactMap { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
            .filter { $0["kind"] as? String == kind }
    }

    private func expectSameFiles(
        _ first: String, _ second: String, _ method: [String], in fixture: Fixture
    ) throws {
        for name in [
            "final/model.safetensors", "best/model.safetensors", "checkpoints/step-8/state.safetensors",
        ] {
            let isSame =
                try fixture.folder.read("\(first)/\(name)") == fixture.folder.read("\(second)/\(name)")
            #expect(isSame, "\(method): \(name) of \(second)")
        }
    }

    @Test(
        "weights, moments, scores and masks have the same bits on 1, 2 and 3 ranks, checked at every update",
        arguments: methods)
    func ranks(method: [String]) throws {
        let fixture = try Fixture()
        for ranks in [1, 2, 3] {
            let outcome = try train("run-\(ranks)", method, ranks: ranks, in: fixture)
            #expect(outcome.status == 0, "\(method): \(outcome.screen)")
            try expectSameFiles("run-1", "run-\(ranks)", method, in: fixture)
        }
    }

    @Test(
        "a run stopped after any update and resumed equals an uninterrupted one, bit for bit",
        arguments: methods)
    func resumption(method: [String]) throws {
        let fixture = try Fixture()
        #expect(try train("whole", method, ranks: 1, in: fixture).status == 0)
        for update in [3, 4, 6] {
            let run = "run-\(update)"
            let stopped = try train(
                run, method, ranks: 1, in: fixture, words: ["--inject", "signal@step=\(update)"])
            #expect(stopped.status == 85, "\(method): \(stopped.screen)")
            let resumed = try train(run, method, ranks: 2, in: fixture, words: ["--resume"])
            #expect(resumed.status == 0, "\(method): \(resumed.screen)")
            try expectSameFiles("whole", run, method, in: fixture)
        }
    }

    @Test(
        "every mask prunes the exact count, the final model is as sparse, and it is what was judged",
        arguments: methods)
    func counts(method: [String]) throws {
        let fixture = try Fixture()
        #expect(try train("run", method, ranks: 1, in: fixture).status == 0)
        let prunes = try events("prune", "run", in: fixture)
        #expect(prunes.count >= (method == ["method=mpi"] ? 1 : 3), "\(method)")
        for event in prunes where !method.contains("scope=parameter") {
            let pool = try #require(event["pool"] as? Int)
            let target = try #require((event["sparsity_target"] as? NSNumber)?.doubleValue)
            let expected = (target * Double(pool)).rounded(.toNearestOrEven)
            #expect(event["pruned"] as? Int == Int(expected), "\(method)")
        }
        #expect((prunes.last?["sparsity_target"] as? NSNumber)?.doubleValue == 0.6, "\(method)")
        let last = try #require(try events("eval", "run", in: fixture).last)
        #expect(last["sparsity"] as? Double == prunes.last?["sparsity"] as? Double, "\(method)")
        let judged = try parp(
            ["evaluate", "--model", "run/final", "--data", "train.jsonl", "--json"], in: fixture.folder)
        let words = try JSONSerialization.jsonObject(with: Data(judged.output.utf8)) as? [String: Any]
        let (loss, stated) = (words?["loss"] as? Double ?? .nan, last["loss"] as? Double ?? .nan)
        #expect(abs(loss - stated) < 1e-5 * abs(stated), "\(method): \(loss) and \(stated)")
    }

    @Test("PARP moves what it has pruned, a masked forward hides it, and a fixed mask keeps it at 0")
    func forward() throws {
        let fixture = try Fixture()
        var losses: Set<Double> = []
        for forward in ["dense", "masked", "frozen", "held"] {
            let outcome = try train(forward, ["method=parp", "forward=\(forward)"], ranks: 1, in: fixture)
            #expect(outcome.status == 0, "\(outcome.screen)")
            let last = try events("train", forward, in: fixture).last?["loss"] as? Double
            losses.insert(try #require(last))
        }
        // Frozen values stay below what is kept here, so that its mask is the held one.
        #expect(losses.count >= 3)
    }
}
