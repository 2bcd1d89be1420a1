import Foundation
import Testing

@Suite(.serialized)
struct TextCompareTests {
    private let fixture: TextFixture

    init() throws {
        fixture = try TextFixture()
        let lines = (36..<60).map { TextFixture.line($0) }
        try fixture.folder.write(lines.joined(separator: "\n") + "\n", to: "test.jsonl")
    }

    private func compare(_ arguments: [String], ranks: Int = 1) throws -> Outcome {
        try parp(["compare", "recipe.toml"] + arguments, ranks: ranks, in: fixture.folder)
    }

    private func json(_ path: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: fixture.folder.read(path)) as? [String: Any])
    }

    @Test(
        "each method gets the learning rate that validates best, its other seeds have that one, and the test set judges"
    )
    func rates() throws {
        let arguments = [
            "--methods", "dense,parp,omp,parp-m", "--sparsities", "0.5", "--seeds", "1,2,3",
            "--learning-rates", "1e-5,2e-3", "--test", "test.jsonl", "--set", "schedule.updates=6",
            "--set", "pruning.interval=auto", "--output", "swept",
        ]
        let outcome = try compare(arguments, ranks: 2)
        #expect(outcome.status == 0, "\(outcome.screen)")
        let page = String(decoding: try fixture.folder.read("swept/comparison.md"), as: UTF8.self)
        #expect(page.contains("## Learning rates: accuracy, %, on the validation set"))
        #expect(page.contains("final model on `test.jsonl`, on which nothing was selected"))
        #expect(page.contains("## parp-m minus each other method: accuracy, %"))
        let html = String(decoding: try fixture.folder.read("swept/comparison.html"), as: UTF8.self)
        #expect(html.contains("class=\"headline\">The best with 50 % zeros: "), "\(html.prefix(3000))")
        #expect(
            html.contains("There are 3 seeds")
                && html.contains("Accuracy against sparsity (bars: 95 % interval)"))
        #expect(html.contains("Less the dense model") && html.contains("right of 0 is better"))
        #expect(
            html.contains("<a href=\"runs/seed-1/lr-")
                && html.contains("<summary>Environment of the first run"))
        let rows = try #require(try json("swept/comparison.json")["rows"] as? [[String: Any]])
        #expect(rows.count == 4)
        for row in rows {
            let method = try #require(row["method"] as? String)
            let chosen = try #require(row["learning_rate"] as? Double)
            let name = method == "dense" ? "dense" : "\(method)-0.5"
            func validated(_ rate: String) throws -> Double {
                try #require(
                    try fixture.events("swept/runs/seed-1/lr-\(rate)/\(name)", "eval").last?["accuracy"]
                        as? Double)
            }
            let (low, high) = (try validated("1e-05"), try validated("0.002"))
            #expect(chosen == (high > low ? 0.002 : 1e-5), "\(method): \(low), \(high)")
            let seeds = try #require(row["seeds"] as? [[String: Any]])
            #expect(seeds.compactMap { $0["seed"] as? Int } == [1, 2, 3])
            // OMP may need a dense run of another rate than the dense method's own.
            let other = chosen == 0.002 ? "1e-05" : "0.002"
            let unchosen = fixture.folder.file("swept/runs/seed-2/lr-\(other)/\(name)")
            #expect(method == "dense" || !FileManager.default.fileExists(atPath: unchosen))
            // What the report says of a run is what `parp evaluate` says of its model on the test set.
            let run = try #require(seeds[0]["run"] as? String)
            let evaluated = try parp(
                [
                    "evaluate", "--model", run + "/final", "--data", "test.jsonl", "--max-tokens", "12",
                    "--json",
                ],
                in: fixture.folder)
            #expect(evaluated.status == 0, "\(evaluated.screen)")
            let found = try #require(
                try JSONSerialization.jsonObject(with: Data(evaluated.output.utf8)) as? [String: Any])
            #expect(seeds[0]["accuracy"] as? Double == found["accuracy"] as? Double)
        }
        let again = try compare(arguments + ["--only-report"])
        #expect(again.status == 0 && again.count("judging") == 0, "\(again.screen)")
        #expect(try String(decoding: fixture.folder.read("swept/comparison.md"), as: UTF8.self) == page)
    }

    @Test("at equal cost a method of one run takes as many updates as OMP's two runs")
    func equalCost() throws {
        let outcome = try compare([
            "--methods", "mpi,omp", "--sparsities", "0.5", "--equal-cost", "--set", "schedule.updates=4",
            "--output", "cost",
        ])
        #expect(outcome.status == 0, "\(outcome.screen)")
        let rows = try #require(try json("cost/comparison.json")["rows"] as? [[String: Any]])
        let updates = rows.map { row in
            ((row["cost"] as? [String: Any])?["updates"] as? Int) ?? 0
        }
        #expect(rows.compactMap { $0["method"] as? String } == ["mpi", "mpi", "omp"])
        #expect(rows.compactMap { $0["length"] as? Int } == [1, 2, 1] && updates == [4, 8, 8])
        let operations = rows.compactMap { ($0["cost"] as? [String: Any])?["flops"] as? Double }
        #expect(operations.count == 3 && operations.allSatisfy { $0 > 0 })
        let page = String(decoding: try fixture.folder.read("cost/comparison.md"), as: UTF8.self)
        #expect(page.contains("## At equal cost: accuracy, %"))
        let table = try #require(page.components(separatedBy: "## At equal cost").last)
        func numbers(_ method: String) throws -> [Double?] {
            let line = try #require(table.split(separator: "\n").first { $0.hasPrefix("| \(method) ") })
            return line.split(separator: "|").map { Double($0.filter { !" *".contains($0) }) }
        }
        let (longer, oneShot) = (try numbers("mpi"), try numbers("omp"))
        let lead = try #require(longer[3]) - #require(oneShot[2])
        #expect(abs(try #require(longer[4]) - lead) < 0.011, "of numbers with two decimals")
    }

    @Test("unusable rates and evaluation files are refused before anything runs")
    func refusals() throws {
        let faults = [
            (["--learning-rates", "1e-4,0"], 64, "each must be above 0 and given once"),
            (["--learning-rates", "1e-4,1e-4"], 64, "each must be above 0 and given once"),
            (["--test", "nowhere.jsonl"], 65, "nowhere.jsonl: no such file"),
        ]
        for (arguments, status, sentence) in faults {
            let outcome = try compare(arguments + ["--output", "refused"])
            #expect(Int(outcome.status) == status && outcome.count(sentence) == 1, "\(outcome.screen)")
        }
        #expect(!FileManager.default.fileExists(atPath: fixture.folder.file("refused")))
    }

    @Test(
        "a text model's pool has no biases, for mask stats, mask apply and prune alike, unless they are asked for"
    )
    func biases() throws {
        let pruned = try parp(
            ["prune", "--model", "model", "--sparsity", "0.5", "--output", "pruned"], in: fixture.folder)
        #expect(pruned.status == 0, "\(pruned.screen)")
        func stats(_ arguments: [String]) throws -> [String: Any] {
            let outcome = try parp(["mask", "stats"] + arguments + ["--json"], in: fixture.folder)
            #expect(outcome.status == 0, "\(outcome.screen)")
            return try #require(
                try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        }
        let (model, mask) = (try stats(["pruned"]), try stats(["pruned/mask.safetensors"]))
        #expect(model["total"] as? Int == mask["total"] as? Int && model["total"] != nil)
        #expect(model["sparsity"] as? Double == mask["sparsity"] as? Double)
        let biased = try stats(["pruned", "--with-biases"])
        #expect((biased["total"] as? Int ?? 0) > (model["total"] as? Int ?? 0))
        let applied = try parp(
            [
                "mask", "apply", "--mask", "pruned/mask.safetensors", "--model", "model", "--output",
                "applied",
            ],
            in: fixture.folder)
        #expect(applied.status == 0, "\(applied.screen)")
        #expect(
            try fixture.folder.read("applied/model.safetensors")
                == fixture.folder.read("pruned/model.safetensors"))
    }

    @Test("a converted classifier keeps its head and its tokenizer, and says what it said before")
    func convert() throws {
        let converted = try parp(["convert", "model", "--output", "converted"], in: fixture.folder)
        #expect(converted.status == 0 && converted.output.contains("fine-tuned"), "\(converted.screen)")
        #expect(try fixture.folder.read("converted/vocab.txt") == fixture.folder.read("model/vocab.txt"))
        func classified(_ model: String) throws -> String {
            let outcome = try parp(["classify", "--model", model, "the film was good"], in: fixture.folder)
            #expect(outcome.status == 0, "\(outcome.screen)")
            return outcome.output
        }
        #expect(try classified("converted") == classified("model"))
        let refused = try parp(
            ["convert", "model", "--encoder-only", "--output", "encoder"], in: fixture.folder)
        #expect(refused.status == 64 && refused.screen.contains("AutoModel"), "\(refused.screen)")
    }

    @Test("corpus split sets labelled texts aside by shares, the same each time, and refuses minutes")
    func split() throws {
        func split(_ arguments: [String], to output: String) throws -> Outcome {
            try parp(
                ["corpus", "split", "train.jsonl"] + arguments + ["--output", output], in: fixture.folder)
        }
        let shares = ["--valid-share", "0.3", "--test-share", "0.2"]
        for output in ["parts", "again"] {
            let outcome = try split(shares, to: output)
            #expect(outcome.status == 0, "\(outcome.screen)")
        }
        func examples(_ content: Data) throws -> [String] {
            try String(decoding: content, as: UTF8.self).split(separator: "\n").map { line in
                let object = try #require(
                    try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
                return ["text", "text_pair", "label"].map { "\(object[$0] ?? "")" }.joined(separator: "|")
            }
        }
        var parted: [String] = []
        for part in ["train", "valid", "test"] {
            let content = try fixture.folder.read("parts/\(part).jsonl")
            #expect(try fixture.folder.read("again/\(part).jsonl") == content)
            parted += try examples(content)
        }
        #expect(parted.sorted() == (try examples(fixture.folder.read("train.jsonl"))).sorted())
        for (arguments, sentence) in [
            ([], "--valid-share"), (shares + ["--minutes", "1"], "minutes are for speech"),
        ] {
            let outcome = try split(arguments, to: "refused")
            #expect(outcome.status == 64 && outcome.screen.contains(sentence), "\(outcome.screen)")
        }
    }
}
