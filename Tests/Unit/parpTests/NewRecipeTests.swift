import Foundation
import Testing

struct NewRecipeTests {
    @Test("parp new writes a recipe that plan and recipe accept, and never over a file")
    func writes() throws {
        let fixture = try Fixture()
        try fixture.writeManifest(Fixture.texts.indices.prefix(2).map { fixture.line($0) }, to: "valid.jsonl")
        let arguments = ["new", "train.jsonl", "--model", "model", "--ranks", "1", "-o", "new.toml"]
        let made = try parp(arguments, in: fixture.folder)
        #expect(made.status == 0, "\(made.screen)")
        #expect(made.output.contains("next:  parp plan new.toml --ranks 1"))
        let text = String(decoding: try fixture.folder.read("new.toml"), as: UTF8.self)
        #expect(text.contains("valid = \"valid.jsonl\"") && text.contains("# 6 utterances"))
        #expect(try parp(["recipe", "new.toml"], in: fixture.folder).status == 0)
        let plan = try parp(["plan", "new.toml"], in: fixture.folder)
        #expect(plan.status == 0 && plan.output.contains("time "), "\(plan.screen)")
        let again = try parp(arguments, in: fixture.folder)
        #expect(again.status == 64 && again.error.contains("--overwrite"))
    }

    @Test("without a corpus to evaluate on it says how to make one")
    func noValidation() throws {
        let fixture = try Fixture()
        let made = try parp(["new", "train.jsonl", "--model", "model"], in: fixture.folder)
        #expect(made.status == 64 && made.error.contains("parp corpus split train.jsonl"))
    }

    @Test("plan takes a preset's name, and names --hours where a recipe's corpus is not there")
    func plan() throws {
        let folder = try TemporaryFolder()
        let preset = try parp(["plan", "base-10min", "--set", "schedule.updates=3"], in: folder)
        #expect(preset.status == 0 && preset.output.contains("assumed to be 10 min"), "\(preset.screen)")
        #expect(preset.output.contains("warning") && preset.output.contains("data.batch_seconds"))
        try folder.write(
            "[model]\npath = \"tiny\"\n[data]\ntrain = \"a.jsonl\"\nvalid = \"b.jsonl\"\n", to: "r.toml")
        let missing = try parp(["plan", "r.toml"], in: folder)
        #expect(missing.status == 65 && missing.error.contains("--hours"))
        let arguments = ["plan", "r.toml", "--hours", "0.5", "--set", "schedule.updates=3", "--json"]
        let planned = try parp(arguments, in: folder)
        #expect(planned.status == 0 && planned.output.contains("\"estimated_hours\""), "\(planned.screen)")
    }
}

struct ReportCommandTests {
    @Test("a page is written of an interrupted run and of several runs, of nothing else")
    func pages() throws {
        let fixture = try Fixture()
        let train = ["train", "recipe.toml", "-o"]
        #expect(try parp(train + ["one", "--inject", "signal@step=5"], in: fixture.folder).status == 85)
        #expect(try parp(train + ["two", "--set", "pruning.method=dense"], in: fixture.folder).status == 0)
        let one = try parp(["report", "one"], in: fixture.folder)
        #expect(one.status == 0 && one.output == "one/report.html\n", "\(one.screen)")
        let page = String(decoding: try fixture.folder.read("one/report.html"), as: UTF8.self)
        for text in [
            "WER", "after 5 updates", "Where the time went", "differs from the defaults", "<details>",
        ] {
            #expect(page.contains(text), "\(text)")
        }
        let both = try parp(["report", "one", "two", "-o", "both.html"], in: fixture.folder)
        #expect(both.status == 0, "\(both.screen)")
        let several = String(decoding: try fixture.folder.read("both.html"), as: UTF8.self)
        #expect(several.contains("2 runs") && several.contains("two valid"))
        let none = try parp(["report", "model"], in: fixture.folder)
        #expect(none.status == 65 && none.error.contains("no metrics.jsonl"), "\(none.screen)")
    }
}
