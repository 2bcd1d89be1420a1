import Pruning
import TestSupport
import Testing

@testable import Recipe

/// The faults of a recipe's text, or none.
private func faults(_ text: String, _ overrides: [String] = []) -> [String] {
    do {
        _ = try Recipe(text: text, overrides: overrides)
        return []
    } catch {
        return error.faults
    }
}

struct RecipeTests {
    @Test("an empty recipe is the default one, with the values of the paper's ten-minute runs")
    func defaults() throws {
        let recipe = try Recipe(text: "")
        #expect(recipe == Recipe())
        #expect(recipe.optimizer.betas == [0.9, 0.98])
        #expect(recipe.optimizer.learningRate == 5e-5)
        #expect(recipe.schedule.updates == 12000)
        #expect(recipe.pruning.interval == .automatic)
        #expect(recipe.augmentation.timeMaskProbability == 0.75)
        #expect(recipe.seed == 2337)
    }

    @Test("every key has a meaning, one place, and a default that it accepts")
    func keys() {
        #expect(Set(RecipeKey.all.map(\.path)).count == RecipeKey.all.count)
        for key in RecipeKey.all {
            #expect(key.meaning.hasSuffix("."), "\(key.path)")
            #expect(key.fault(Recipe()) == nil, "\(key.path)")
        }
    }

    @Test("what is computed, and how closely, decides results; time, memory and looking do not")
    func decidingKeys() {
        let free = RecipeKey.all.filter { !$0.decidesResults }.map(\.path)
        let decoding = RecipeKey.all.map(\.path).filter { $0.hasPrefix("decoding.") }
        #expect(
            Set(free).subtracting(decoding) == [
                "model.recompute_activations", "data.rank_seconds", "data.cache_features",
                "data.cache_directory", "data.rank_tokens", "distributed.bucket_megabytes",
                "distributed.senders",
                "distributed.reproducible",
                "distributed.threads_per_rank", "checkpoint.every_updates", "checkpoint.every_minutes",
                "checkpoint.keep",
                "evaluation.every_updates", "reliability.not_finite", "reliability.not_finite_limit",
                "reliability.replica_check_updates", "reliability.stall_seconds",
                "reliability.abort_seconds",
            ]
        )
        #expect(decoding.allSatisfy(free.contains))
    }

    /// What a recipe must say beside a key that means nothing without it, in the same section.
    private func companions(of key: RecipeKey) -> String {
        guard key.section == "decoding", !["decoder", "lm"].contains(key.name) else { return "" }
        return "lm = \"es.lm\"\n" + (key.name == "hotword_weight" ? "hotwords = [\"A\"]\n" : "")
    }

    @Test(
        "each key is read from a file into its own field and written back", arguments: TaskKind.allCases
    )
    func everyKeyRoundTrips(task: TaskKind) throws {
        let keys = RecipeKey.all(for: task)
        for key in keys where key.path != "task" {
            let text = (key.section.isEmpty ? "" : "[\(key.section)]\n") + companions(of: key)
            let base = try Recipe(text: text, task: task)
            let changed = try #require(anotherValue(of: key, task), "\(key.path)")
            let recipe = try Recipe(text: text + "\(key.name) = \(changed.toml)\n", task: task)
            #expect(key.get(recipe) == changed, "\(key.path)")
            // Nothing else moved.
            for other in keys where other.path != key.path {
                #expect(
                    other.get(recipe) == other.get(base), "\(key.path) moves \(other.path)")
            }
            #expect(try Recipe(text: recipe.toml, task: task) == recipe, "\(key.path)")
        }
    }

    @Test("a key of the other command is refused, with the command that has it")
    func otherCommandsKeys() throws {
        #expect(
            faults("seed = 1\n[pretraining]\nnegatives = 10\n") == [
                "line 3: pretraining.negatives is a key of `parp pretrain`; `parp train` has no use for it"
            ])
        let error = #expect(throws: RecipeError.self) {
            try Recipe(text: "[pruning]\nsparsity = 0.5\n", task: .pretrain)
        }
        #expect(
            error?.faults == [
                "line 2: pruning.sparsity is a key of `parp train`; `parp pretrain` has no use for it"
            ])
        for key in RecipeKey.all {
            #expect(TaskKind.allCases.contains { key.belongs(to: $0) }, "\(key.path)")
        }
    }

    @Test(
        "a recipe names its task, which decides its keys and defaults; a command that runs another refuses it"
    )
    func tasks() throws {
        let named = try Recipe(text: "task = \"pretrain\"\n[pretraining]\nnegatives = 7\n")
        var expected = Recipe(for: .pretrain)
        expected.pretraining.negatives = 7
        #expect(named == expected)
        #expect(try Recipe(text: "", overrides: ["task=pretrain"]) == Recipe(for: .pretrain))
        #expect(try Recipe(text: "", overrides: ["task=\"regress\""]) == Recipe(for: .regress))
        #expect(try Recipe(text: "").task == .ctc)
        let error = #expect(throws: RecipeError.self) {
            try Recipe(text: "task = \"ctc\"\n", task: .pretrain)
        }
        #expect(error?.faults == ["task is \"ctc\", but `parp pretrain` runs \"pretrain\""])
        #expect(
            faults("task = \"sing\"\n") == [
                "line 1: task is \"sing\"; it must be one of \"ctc\", \"pretrain\", \"classify\", \"regress\""
            ])
    }

    @Test("a metric is better lower, or higher if so defined; NaN is worst")
    func metrics() {
        let accuracy = MetricSpec(name: "accuracy", title: "accuracy", unit: "%", higherIsBetter: true)
        #expect(accuracy.isBetter(0.5, than: nil) && accuracy.isBetter(0.6, than: 0.5))
        #expect(!accuracy.isBetter(0.5, than: 0.5) && !accuracy.isBetter(.nan, than: nil))
        let rate = MetricSpec.wordErrorRate
        #expect(rate.isBetter(0.5, than: nil) && rate.isBetter(0.4, than: 0.5))
        #expect(!rate.isBetter(0.5, than: 0.5) && !rate.isBetter(.nan, than: nil))
        #expect(rate.heading == "WER, %" && TaskKind.ctc.loss.heading == "loss, nats an utterance")
    }

    @Test("pre-training's defaults are those of fairseq's base model, and prune nothing")
    func pretrainingDefaults() throws {
        let recipe = try Recipe(text: "", task: .pretrain)
        #expect(recipe == Recipe(for: .pretrain))
        #expect(recipe.augmentation.timeMaskProbability == 0.65 && recipe.augmentation.timeMaskLength == 10)
        #expect(recipe.pretraining.gumbelTemperature == [2, 0.5, 0.999995])
        #expect(recipe.optimizer.learningRate == 5e-4 && recipe.schedule.updates == 400_000)
        #expect(recipe.pruning.method == .dense)
        for key in RecipeKey.all(for: .pretrain) {
            #expect(key.fault(recipe) == nil, "\(key.path)")
        }
    }

    /// A legal value that is not the default; nil if there is none.
    private func anotherValue(of key: RecipeKey, _ task: TaskKind) -> RecipeValue? {
        let value = key.get(Recipe(for: task))
        let candidates: [RecipeValue] =
            switch value {
            case .boolean(let flag): [.boolean(!flag), value]
            case .integer(let number): [.integer(number + 1)]
            case .number(let number): [.number(number / 2), .number(0.25), .number(2 * number)]
            case .string: choices(of: key, value) + [.string("a \"quoted\" \\ path\t"), value]
            case .array:
                [
                    .array([.number(0.5), .number(0.25)]), .array([.number(0.25), .number(0.5), .number(0)]),
                    .array([.number(0.5), .number(0.25), .number(0)]), .array([.number(0.25), .number(0.5)]),
                    .array([.number(0.5)]), .array([.string("a \"quoted\" text")]),
                ]
            }
        return candidates.first { candidate in
            var recipe = Recipe(for: task)
            return (candidate != value || candidates.last == candidate) && key.set(candidate, &recipe)
                && key.fault(recipe) == nil && task.choices.contains(recipe.evaluation.metric)
        }
    }

    private func choices(of key: RecipeKey, _ value: RecipeValue) -> [RecipeValue] {
        key.expectation.split(separator: "\"").map { RecipeValue.string(String($0)) }
            .filter { $0 != value }
    }

    @Test("an unknown key is refused with its line and the nearest one")
    func unknownKeys() {
        #expect(
            faults("[optimizer]\n\nlearningrate = 1e-4\n")
                == ["line 3: unknown key `learningrate` in [optimizer]; did you mean `learning_rate`?"])
        #expect(
            faults("sparsity = 0.5\n") == [
                "line 1: unknown key `sparsity` at the top; did you mean `pruning.sparsity`?"
            ])
        for text in ["[prunning]\nsparsity = 0.5\n", "[prunning]\n"] {
            #expect(faults(text) == ["line 1: unknown section [prunning]; did you mean [pruning]?"])
        }
    }

    @Test(
        "names of transformers, fairseq and SpeechBrain are answered with ours, wherever they stand",
        arguments: [
            ("[optimizer]\nlr = 1", "did you mean `learning_rate`?"),
            ("[optimizer]\ngradient_clipping = 1", "did you mean `clip_norm`?"),
            ("[schedule]\nmax_steps = 1", "did you mean `updates`?"),
            ("batch_size = 8", "did you mean `data.batch_seconds`?"),
            ("[model]\nmask_time_prob = 0.5", "did you mean `augmentation.time_mask_probability`?"),
            ("[schedule]\nmax_update = 1", "did you mean `updates`?"),
            ("[optimization]\nlr = [1]", "did you mean [optimizer]?"),
            ("number_of_epochs = 3", "did you mean `schedule.updates`?"),
            ("[optimizer]\ngradient_cliping = 1", "did you mean `clip_norm`?"),
        ])
    func aliases(text: String, answer: String) {
        let found = faults(text)
        #expect(found.count == 1 && found[0].hasSuffix(answer), "\(found)")
    }

    @Test("every other program's name leads to an existing key, and is none of ours")
    func aliasTable() {
        let paths = Set(RecipeKey.all.map(\.path))
        for (name, path) in RecipeKey.aliases {
            #expect(paths.contains(path), "\(path)")
            #expect(!RecipeKey.all.contains { $0.name == name }, "\(name)")
        }
        let sections = Set(RecipeKey.all.map(\.section))
        #expect(
            RecipeKey.sectionAliases.allSatisfy { sections.contains($0.value) && !sections.contains($0.key) })
    }

    @Test("what resembles nothing gets no guess")
    func noGuess() {
        #expect(!(faults("[optimizer]\nxylophone = 1").first ?? "did you mean").contains("did you mean"))
        #expect(!(faults("[xylophone]\na = 1").first ?? "did you mean").contains("did you mean"))
        #expect(!faults(String(repeating: "é", count: 5000) + " = 1").isEmpty)
        #expect(suggestion(for: "trian", among: ["train", "prune"]) == "train")
        #expect(suggestion(for: "q", among: ["train", "prune"]) == nil)
    }

    @Test(
        "a value of the wrong type is refused with its line",
        arguments: [
            ("[schedule]\nupdates = 1.5", "line 2: schedule.updates is 1.5; it must be a whole number"),
            (
                "[schedule]\nupdates = \"many\"",
                "line 2: schedule.updates is \"many\"; it must be a whole number"
            ),
            ("[optimizer]\nepsilon = nan", "line 2: optimizer.epsilon is nan; it must be a number"),
            ("[model]\npath = 3", "line 2: model.path is 3; it must be a text in quotes"),
            (
                "[pruning]\nmethod = \"lottery\"",
                "line 2: pruning.method is \"lottery\"; it must be one of "
                    + "\"dense\", \"parp\", \"parp-p\", \"parp-m\", \"mpi\", \"omp\", \"imp\", \"rp\", \"gmp\", "
                    + "\"movement\", \"rigl\", \"s3-router\""
            ),
            (
                "[optimizer]\nbetas = [0.9, true]",
                "line 2: optimizer.betas is [0.9, true]; it must be a list of numbers"
            ),
        ])
    func wrongTypes(text: String, fault: String) { #expect(faults(text) == [fault]) }

    @Test(
        "a value out of range is refused with its line and the rule",
        arguments: [
            (
                "[pruning]\nsparsity = 1.5",
                "line 2: pruning.sparsity is 1.5; it must be from 0 to 1, e.g. 0.5"
            ),
            (
                "[pruning]\nsparsity = -0.1",
                "line 2: pruning.sparsity is -0.1; it must be from 0 to 1, e.g. 0.5"
            ),
            ("[data]\nbatch_seconds = 0", "line 2: data.batch_seconds is 0.0; it must be above 0"),
            (
                "[schedule]\nphases = [0.5, 0.5, 0.5]",
                "line 2: schedule.phases is [0.5, 0.5, 0.5]; it must be three numbers from 0 that sum to at most 1"
            ),
            (
                "[regularization]\nlayer_drop = 1",
                "line 2: regularization.layer_drop is 1.0; it must be from 0 to below 1"
            ),
            (
                "[pruning]\nmethod = \"parp-p\"\nstart_sparsity = 0.6",
                "line 3: pruning.start_sparsity is 0.6, above pruning.sparsity 0.5"
            ),
        ])
    func outOfRange(text: String, fault: String) { #expect(faults(text) == [fault]) }

    @Test("all faults are listed, not only the first")
    func allFaults() {
        let found = faults("[schedule]\nupdates = 0.5\nfases = 1\n[model]\nway = 1\n", ["seed=x"])
        #expect(found.count == 4)
        #expect(faults("seed = -1\n[schedule]\nupdates = 0\n[pruning]\ninterval = -1").count == 3)
        // Wrong types, unknown keys and values out of range together.
        let mixed = faults(
            "seed = -1\n[schedule]\nupdates = \"x\"\n[pruning]\nsparsty = 1\n", ["data.batch_seconds=0"])
        #expect(
            Set(mixed) == [
                "line 3: schedule.updates is \"x\"; it must be a whole number",
                "line 5: unknown key `sparsty` in [pruning]; did you mean `sparsity`?",
                "line 1: seed is -1; it must be 0 or more",
                "--set data.batch_seconds=0: data.batch_seconds is 0.0; it must be above 0",
            ])
    }

    @Test("text that is not TOML is refused with its line")
    func notTOML() {
        let found = faults("seed = 1\n[model\n")
        #expect(found.count == 1 && found[0].hasPrefix("line 2: "), "\(found)")
    }

    @Test(
        "a section's bracket that no name follows, and a zero byte, are refused with their line",
        arguments: [
            "[", "[[", "[ # a comment", "[{a = 1}]", "[=]", " [\r", "[\rmodel]", "[\u{A0}model]", "[[[a]]]",
            "[ [a] ]", "seed = 1\0",
        ])
    func beforeParsing(line: String) {
        let found = faults("seed = 3\n\(line)\n[pruning]\nsparsity = 0.5\n")
        #expect(found.count == 1 && found[0].hasPrefix("line 2: "), "\(found)")
        #expect(!faults("", ["seed=1\n\(line)"]).isEmpty)
    }

    @Test("--set takes TOML values, and texts without quotes")
    func overrides() throws {
        let recipe = try Recipe(
            text: "[schedule]\nupdates = 5\n",
            overrides: [
                "schedule.updates=7", "model.path=a/b.c", "schedule.phases=[0.0, 1.0, 0.0]", "seed=3",
                "pruning.method=parp-p", "optimizer.learning_rate=1e-3", "model.vocabulary=\"v.json\"",
            ])
        #expect(recipe.schedule.updates == 7)
        #expect(recipe.model.path == "a/b.c")
        #expect(recipe.schedule.phases == [0, 1, 0])
        #expect(recipe.seed == 3)
        #expect(recipe.pruning.method == .progressive)
        #expect(recipe.optimizer.learningRate == 1e-3)
        #expect(recipe.model.vocabulary == "v.json")
        #expect(faults("", ["schedule.update=7"]).first?.contains("did you mean `updates`?") == true)
        #expect(faults("", ["updates"]) == ["--set updates: expected section.key=value"])
    }

    @Test("shipped recipes can be read, and state nothing but what differs from the defaults")
    func shippedRecipes() throws {
        let folder = repository + "/cluster/recipes"
        for name in try recipeNames(in: folder) {
            let task: TaskKind =
                name.contains("pretrain")
                ? .pretrain : name.contains("regress") ? .regress : name.contains("text") ? .classify : .ctc
            let recipe = try Recipe(path: folder + "/" + name, task: task)
            #expect(recipe != Recipe(for: task), "\(name)")
        }
    }
}
