import Foundation
import Testing

private let pretrain = ["pretrain", "pretrain.toml", "--output"]

/// What one kind of event says of a field, in the order of updates.
private func values(_ field: String, of kind: String, in run: String, _ fixture: Fixture) throws -> [Double] {
    try String(decoding: fixture.folder.read(run + "/metrics.jsonl"), as: UTF8.self).split(separator: "\n")
        .compactMap { line in
            let event = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return event?["kind"] as? String == kind ? event?[field] as? Double : nil
        }
}

extension Fixture {
    /// A fixture with a manifest without transcripts, and a recipe that pre-trains on it.
    fileprivate static func forPretraining() throws -> Fixture {
        let fixture = try Fixture()
        try fixture.writeManifest(
            texts.indices.map { "{\"audio_filepath\": \"\($0).wav\"\($0 == 0 ? ", \"text\": \"\"" : "")}" })
        try fixture.folder.write(
            """
            [model]
            path = "model"
            [data]
            train = "train.jsonl"
            valid = "train.jsonl"
            batch_seconds = 2.0
            rank_seconds = 1.0
            min_seconds = 0.6
            max_seconds = 0.9
            [optimizer]
            learning_rate = 1e-3
            [schedule]
            updates = 8
            [pretraining]
            codebook_entries = 16
            codevector_size = 16
            projection_size = 16
            negatives = 10
            [augmentation]
            time_mask_length = 4
            [checkpoint]
            every_updates = 2
            keep = 10
            [evaluation]
            every_updates = 4
            """ + "\n", to: "pretrain.toml")
        return fixture
    }
}

struct PretrainTests {
    @Test("a run without transcripts leaves the documented files, and train starts from its model")
    func directory() throws {
        let fixture = try Fixture.forPretraining()
        let outcome = try parp(pretrain + ["run"], in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        #expect(outcome.count("1 shorter than data.min_seconds") == 2, "\(outcome.screen)")
        let environment = String(decoding: try fixture.folder.read("run/environment.json"), as: UTF8.self)
        #expect(environment.contains("0.5 s, shorter than data.min_seconds"), "\(environment)")
        for field in [
            "loss", "contrastive_bits", "diversity", "feature_penalty", "accuracy", "code_perplexity",
            "code_perplexity_2", "probability_perplexity", "gumbel_temperature", "gradient_norm",
        ] {
            let found = try values(field, of: "train", in: "run", fixture)
            #expect(found.count == 8 && found.allSatisfy(\.isFinite), "\(field): \(found)")
        }
        #expect(try values("loss", of: "eval", in: "run", fixture).count == 2)
        let config = String(decoding: try fixture.folder.read("run/final/config.json"), as: UTF8.self)
        for text in [
            "Wav2Vec2ForPreTraining", "\"num_codevectors_per_group\": 16", "\"apply_spec_augment\": true",
        ] {
            #expect(config.contains(text), "\(config)")
        }
        #expect(!FileManager.default.fileExists(atPath: fixture.folder.file("run/final/vocab.json")))
        let report = String(decoding: try fixture.folder.read("run/report.html"), as: UTF8.self)
        #expect(report.contains("Perplexity of the codebooks"))

        try fixture.writeManifest(Fixture.texts.indices.map { fixture.line($0) })
        let tuned = try parp(
            ["train", "recipe.toml", "--output", "tuned", "--set", "model.path=run/final"], in: fixture.folder
        )
        #expect(tuned.status == 0, "\(tuned.screen)")
        let further = try parp(
            pretrain + [
                "further", "--set", "model.path=run/best", "--set", "pretraining.codebook_entries=0",
            ],
            in: fixture.folder)
        #expect(further.status == 0 && further.count("continuing from those in the directory") == 1)
    }

    @Test(
        "two ranks compute the losses of one, and a resumed run equals one that was not stopped, bit for bit")
    func ranksAndResume() throws {
        let fixture = try Fixture.forPretraining()
        for ranks in [1, 2] {
            let whole = "whole-\(ranks)"
            #expect(try parp(pretrain + [whole], ranks: ranks, in: fixture.folder).status == 0)
            // What a run leaves when stopped after its second checkpoint.
            let begun = fixture.folder.file("begun-\(ranks)")
            try FileManager.default.createDirectory(
                atPath: begun + "/checkpoints", withIntermediateDirectories: true)
            for name in ["recipe.toml", "checkpoints/step-4"] {
                try FileManager.default.copyItem(
                    atPath: fixture.folder.file("\(whole)/\(name)"), toPath: "\(begun)/\(name)")
            }
            let resumed = try parp(
                pretrain + ["begun-\(ranks)", "--resume"], ranks: ranks, in: fixture.folder)
            #expect(
                resumed.status == 0 && resumed.count("continuing after update 4") == 1, "\(resumed.screen)")
            for name in ["final/model.safetensors", "checkpoints/step-8/state.safetensors"] {
                let same =
                    try fixture.folder.read("\(whole)/\(name)")
                    == fixture.folder.read("begun-\(ranks)/\(name)")
                #expect(same, "\(ranks) ranks: \(name)")
            }
        }
        for kind in ["train", "eval"] {
            let one = try values("loss", of: kind, in: "whole-1", fixture)
            let two = try values("loss", of: kind, in: "whole-2", fixture)
            #expect(one.count == two.count && !one.isEmpty)
            // Float32 sums of gradients in another order, through eight updates of Adam.
            for (one, two) in zip(one, two) {
                #expect(abs(one - two) < 1e-5 * one, "\(kind): \(one), \(two)")
            }
        }
    }

    @Test(
        "all losses fall from a fresh preset, in bfloat16 products too where the CPU has them",
        arguments: hasBFloat16 ? ["float32", "bfloat16"] : ["float32"])
    func learns(precision: String) throws {
        let fixture = try Fixture.forPretraining()
        let sets = [
            "model.path=tiny", "schedule.updates=40", "pretraining.feature_penalty_weight=0",
            "precision.gemm=\(precision)", "schedule.kind=constant", "evaluation.every_updates=0",
            "optimizer.learning_rate=2e-3",
        ]
        let outcome = try parp(pretrain + ["run"] + sets.flatMap { ["--set", $0] }, in: fixture.folder)
        #expect(outcome.status == 0 && outcome.count("all initialised at random") == 1, "\(outcome.screen)")
        let losses = try values("loss", of: "train", in: "run", fixture)
        let (first, last) = (losses.prefix(5).reduce(0, +), losses.suffix(5).reduce(0, +))
        #expect(last < first, "\(losses)")
    }

    @Test("a folder of audio files and a fairseq manifest without labels are data, too")
    func otherManifests() throws {
        let fixture = try Fixture.forPretraining()
        try FileManager.default.createDirectory(
            atPath: fixture.folder.file("audio/below"), withIntermediateDirectories: true)
        try fixture.folder.write(wav(seconds: 1), to: "audio/a.wav")
        try fixture.folder.write(wav(seconds: 1, tone: 2), to: "audio/below/b.wav")
        try fixture.folder.write("audio\na.wav\t16000\nbelow/b.wav\t16000\n", to: "audio.tsv")
        for data in ["audio", "audio.tsv"] {
            let outcome = try parp(
                pretrain + ["run-" + data, "--set", "data.train=" + data, "--set", "schedule.updates=2"],
                in: fixture.folder)
            #expect(outcome.status == 0 && outcome.count("train: 2 utterances") == 1, "\(outcome.screen)")
        }
    }

    @Test("a model with a head for another task gives its encoder, with a warning")
    func otherHead() throws {
        let fixture = try Fixture.forPretraining()
        // As long as the name it replaces, so that no length changes.
        let weights = try #require(
            String(data: fixture.folder.read("model/model.safetensors"), encoding: .isoLatin1)
        ).replacingOccurrences(of: "\"lm_head.", with: "\"xvector.")
        try fixture.folder.write(try #require(weights.data(using: .isoLatin1)), to: "model/model.safetensors")
        let outcome = try parp(pretrain + ["run", "--set", "schedule.updates=2"], in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        #expect(
            outcome.count("warning: model/model.safetensors: has a head for another task (xvector.") == 1,
            "\(outcome.screen)")
    }

    @Test("a run of the other command is not continued")
    func otherCommandsRun() throws {
        let fixture = try Fixture.forPretraining()
        #expect(try parp(pretrain + ["run", "--set", "schedule.updates=2"], in: fixture.folder).status == 0)
        let outcome = try parp(["train", "recipe.toml", "--output", "run", "--resume"], in: fixture.folder)
        #expect(outcome.status == 64 && outcome.count("run holds a run of `parp pretrain`") == 1)
    }

    @Test("a run asked to stop exits with 85 and, resumed, ends the same")
    func interruption() throws {
        let fixture = try Fixture.forPretraining()
        let nan = ["--inject", "nan@step=2"]
        #expect(try parp(pretrain + ["whole"] + nan, in: fixture.folder).status == 0)
        let stopped = try parp(
            pretrain + ["run", "--inject", "signal@step=4:phase=evaluation"] + nan, in: fixture.folder)
        #expect(stopped.status == 85, "\(stopped.screen)")
        #expect(stopped.count("interrupted after update 4 of 8") == 1, "\(stopped.screen)")
        #expect(stopped.count("loss not finite for train.jsonl:") == 1, "\(stopped.screen)")
        let resumed = try parp(pretrain + ["run", "--resume"], in: fixture.folder)
        #expect(resumed.status == 0, "\(resumed.screen)")
        for name in ["final/model.safetensors", "best/model.safetensors"] {
            let same = try fixture.folder.read("run/\(name)") == fixture.folder.read("whole/\(name)")
            #expect(same, "\(name)")
        }
    }
}

/// Whether this machine multiplies bfloat16: its CPU does, as the kernel tells, or it is asked to emulate it.
private let hasBFloat16 =
    ProcessInfo.processInfo.environment["PARP_BFLOAT16"] == "emulated"
    || (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.contains("avx512_bf16") ?? false
