import Foundation
import Testing

@Suite(.serialized)
struct CompareTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    private func compare(_ arguments: [String], ranks: Int = 1) throws -> Outcome {
        try parp(["compare", "recipe.toml"] + arguments, ranks: ranks, in: fixture.folder)
    }

    private func model(_ run: String) throws -> Data {
        try fixture.folder.read(run + "/final/model.safetensors")
    }

    /// The rows of a comparison's CSV, by the names of its columns.
    private func rows(_ folder: String, of name: String = "comparison") throws -> [[String: String]] {
        let lines = String(decoding: try fixture.folder.read("\(folder)/\(name).csv"), as: UTF8.self)
            .split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        return lines.dropFirst().map { line in
            Dictionary(uniqueKeysWithValues: zip(lines[0].map(String.init), line.map(String.init)))
        }
    }

    @Test("all methods in one command on two ranks: a row each, with the runs that each takes")
    func methods() throws {
        let outcome = try compare(
            ["--sparsities", "0.3", "--set", "schedule.updates=4", "--output", "all"], ranks: 2)
        #expect(outcome.status == 0, "\(outcome.screen)")
        let rows = try rows("all")
        #expect(rows.map { $0["method"] } == ["dense", "parp", "parp-p", "mpi", "omp", "imp", "rp"])
        #expect(rows.map { $0["runs"] } == ["1", "1", "1", "1", "2", "4", "1"])
        // A sixth of four updates is one: three rounds and a whole run.
        #expect(rows.map { $0["updates"] } == ["4", "4", "4", "4", "8", "7", "4"])
        let flops = rows.compactMap { $0["flops"].flatMap(Double.init) }
        #expect(flops.count == 7 && flops[0] > 0 && flops[1] == flops[0] && flops[4] == 2 * flops[0])
        // A held mask's gradients do not travel.
        let bytes = rows.compactMap { $0["gradient_bytes"].flatMap(Double.init) }
        #expect(bytes[3] < bytes[0] && bytes[1] == bytes[0] && bytes[4] == bytes[0] + bytes[3])
        for plot in ["error-rate", "cost", "layers-0.3", "iou-0.3"] {
            let svg = String(decoding: try fixture.folder.read("all/\(plot).svg"), as: UTF8.self)
            #expect(svg.hasPrefix("<svg") && svg.contains("parp-p"))
        }
        let page = String(decoding: try fixture.folder.read("all/comparison.md"), as: UTF8.self)
        #expect(page.contains("| imp | 30 |") && page.contains("iou-0.3.svg"))
        #expect(page.contains("## parp minus each other method"))
    }

    @Test("a report of a missing comparison is refused, and makes no folder")
    func reportOfNothing() throws {
        let outcome = try compare(["--only-report", "--output", "nowhere"])
        #expect(outcome.status == 64 && outcome.screen.contains("nowhere: there is no comparison"))
        #expect(!FileManager.default.fileExists(atPath: fixture.folder.file("nowhere")))
    }

    @Test("a stopped comparison continues: finished runs are left alone, a stopped one is resumed")
    func resume() throws {
        let arguments = ["--methods", "omp", "--sparsities", "0.5"]
        #expect(try compare(arguments + ["--output", "whole"]).status == 0)
        // The dense run as it is after four of its eight updates.
        let trained = try parp(
            [
                "train", "recipe.toml", "--set", "pruning.method=dense", "--set", "pruning.sparsity=0.0",
                "--output", "stopped/runs/seed-2337/dense",
            ], in: fixture.folder)
        #expect(trained.status == 0, "\(trained.screen)")
        let dense = "stopped/runs/seed-2337/dense/"
        for name in ["final", "best", "report.html", "checkpoints/step-6", "checkpoints/step-8"] {
            try FileManager.default.removeItem(atPath: fixture.folder.file(dense + name))
        }
        let resumed = try compare(arguments + ["--output", "stopped"])
        #expect(resumed.status == 0 && resumed.count("continuing after update 4") == 1, "\(resumed.screen)")
        for run in ["dense", "omp-0.5"] {
            #expect(try model("stopped/runs/seed-2337/" + run) == model("whole/runs/seed-2337/" + run))
        }
        let again = try compare(arguments + ["--output", "stopped"])
        #expect(again.status == 0 && again.count("run 1 of") == 0 && again.count("update 1/") == 0)
    }

    @Test("a foreign mask is held by OMP and adjusted by PARP, and the page has a matrix of languages")
    func transfer() throws {
        for language in ["one", "two"] {
            try FileManager.default.createDirectory(
                atPath: fixture.folder.file(language), withIntermediateDirectories: true)
            let items = language == "one" ? 0..<4 : 2..<6
            let lines = items.map { fixture.line($0, audio: "../\($0).wav") }
            for split in ["train", "valid"] {
                try fixture.writeManifest(lines, to: "\(language)/\(split).jsonl")
            }
        }
        let outcome = try compare(
            [
                "--methods", "dense", "--sparsities", "0.5", "--data", "one=one", "--data", "two=two",
                "--transfer", "omp,parp", "--set", "schedule.updates=4", "--output", "transfer",
            ])
        #expect(outcome.status == 0, "\(outcome.screen)")
        let crossing = try rows("transfer").filter { $0["source"] != "" }
        #expect(crossing.count == 8)
        let mask = fixture.folder.file("transfer/masks/one/seed-2337/dense-0.5.safetensors")
        let held = fixture.folder.file("transfer/runs/two/seed-2337/omp-0.5-from-one/final")
        let agreement = try parp(["mask", "compare", mask, held, "--json"], in: fixture.folder)
        #expect(agreement.output.contains("\"iou\": 1"), "\(agreement.screen)")
        let page = String(decoding: try fixture.folder.read("transfer/comparison.md"), as: UTF8.self)
        #expect(page.contains("adjusted by parp, at 50 %") && page.contains("held, at 50 %"))
        #expect(page.contains("| one |") && page.contains("| two |"))
    }

    @Test("every two methods are compared, also with those of a comparison beside, seed by seed")
    func differences() throws {
        let arguments = [
            "--sparsities", "0.5", "--seeds", "1,2", "--test", "train.jsonl", "--set", "schedule.updates=2",
        ]
        let other = try compare(
            arguments + ["--methods", "dense,mpi", "--seeds", "1", "--output", "frozen"]
                + ["--set", "model.freeze_encoder_updates=1"])
        #expect(other.status == 0, "\(other.screen)")
        let outcome = try compare(
            arguments + ["--methods", "dense,parp,omp", "--output", "own"]
                + ["--beside", "frozen=frozen"])
        #expect(outcome.status == 0, "\(outcome.screen)")
        // Of the other comparison only what this one asks for as well: not MPI.
        let lines = try rows("own", of: "differences")
        #expect(
            lines.map { "\($0["method"] ?? "") less \($0["less"] ?? ""), \($0["seeds"] ?? "")" } == [
                "parp less dense, 2", "omp less dense, 2", "frozen/dense less dense, 1",
                "omp less parp, 2", "frozen/dense less parp, 1", "frozen/dense less omp, 1",
            ])
        let means = try rows("own").reduce(into: [String: Double]()) {
            $0[$1["method"] ?? ""] = $1["wer_mean"].flatMap(Double.init)
        }
        let difference = try #require(lines.first { $0["method"] == "omp" && $0["less"] == "parp" })
        let expected = try #require(means["omp"]) - #require(means["parp"])
        #expect(abs(try #require(difference["difference"].flatMap(Double.init)) - expected) < 1e-9)
        let page = String(decoding: try fixture.folder.read("own/comparison.md"), as: UTF8.self)
        #expect(page.contains("| frozen/dense |"))
        for (fault, sentence) in [
            (["--beside", "nowhere=nowhere"], "nowhere: there is no comparison"),
            (["--beside", "frozen"], "write NAME=FOLDER"),
            (["--beside", "frozen=frozen", "--seeds", "3"], "frozen: has no finished run of these"),
        ] {
            let refused = try compare(
                arguments + ["--methods", "dense", "--output", "refused"] + fault)
            #expect(refused.status == 64 && refused.count(sentence) == 1, "\(refused.screen)")
        }
    }

    @Test("what cannot be compared is refused before anything runs, with the fix")
    func refusals() throws {
        let faults = [
            (["--methods", "parp,ompp"], "no such method to compare: ompp"),
            (["--sparsities", "0.5,1.5"], "each must be above 0 and below 1"),
            (["--transfer", "omp"], "give two with --data"),
            (["--data", "es"], "write NAME=FOLDER"),
        ]
        for (arguments, sentence) in faults {
            let outcome = try compare(arguments + ["--output", "refused"])
            #expect(outcome.status == 64 && outcome.count(sentence) == 1, "\(outcome.screen)")
        }
        #expect(!FileManager.default.fileExists(atPath: fixture.folder.file("refused")))
    }

    @Test("another recipe's runs are not taken for a comparison's own")
    func anotherRecipe() throws {
        let arguments = ["--methods", "dense", "--set", "schedule.updates=2", "--output", "own"]
        #expect(try compare(arguments).status == 0)
        let outcome = try compare(arguments + ["--set", "optimizer.learning_rate=2e-3"])
        #expect(outcome.status == 64 && outcome.count("started with another recipe") == 1)
    }
}
