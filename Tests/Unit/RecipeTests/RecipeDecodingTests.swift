import Decoding
import Testing

@testable import Recipe

struct RecipeDecodingTests {
    private func recipe(_ lines: String...) throws -> Recipe {
        try Recipe(text: "[decoding]\n" + lines.joined(separator: "\n"))
    }

    private func faults(_ lines: String...) -> [String] {
        do {
            _ = try Recipe(text: "[decoding]\n" + lines.joined(separator: "\n"))
            return []
        } catch { return error.faults }
    }

    @Test("nothing is searched unless a recipe says so or names what only a search has a use for")
    func decoder() throws {
        #expect(try !recipe("").decoding.searches && !recipe("decoder = \"greedy\"").decoding.searches)
        #expect(try recipe("decoder = \"beam\"").decoding.searches)
        for line in ["lm = \"es.lm\"", "lexicon = \"words\"", "hotwords = [\"Iruña\"]"] {
            #expect(try recipe(line).decoding.searches, "\(line)")
        }
    }

    @Test("words, numbers and lists are read and written alike")
    func values() throws {
        let recipe = try recipe(
            "lm = \"es.lm\"", "unknown_words = -4", "hotwords = [\"Iruña\", \"@names.txt\"]",
            "lm_unit = \"word\"")
        #expect(recipe.decoding.unknownWords == .penalized(-4))
        #expect(recipe.decoding.hotwords == ["Iruña", "@names.txt"])
        #expect(recipe.decoding.files == ["es.lm", "names.txt"])
        #expect(try Recipe(text: recipe.toml) == recipe)
        #expect(
            try self.recipe("lm = \"a\"", "unknown_words = \"forbidden\"").decoding.unknownWords == .forbidden
        )
        #expect(faults("lm = \"a\"", "unknown_words = 3").first?.contains("must be \"scored\"") == true)
        #expect(faults("hotwords = [1]").first?.contains("a list of texts in quotes") == true)
    }

    @Test(
        "keys that do not go with each other are refused, each by its name",
        arguments: [
            (["decoder = \"greedy\"", "lm = \"a.lm\""], "decoding.decoder is \"greedy\""),
            (["decoder = \"beam\"", "alpha = 1"], "decoding.alpha is 1.0"),
            (["decoder = \"beam\"", "lm_unit = \"character\""], "decoding.lm_unit is \"character\""),
            (["decoder = \"beam\"", "unknown_words = \"forbidden\""], "decoding.unknown_words is"),
            (["lm = \"a.lm\"", "hotword_weight = 3"], "decoding.hotword_weight is 3.0"),
            (["beam = 10"], "decoding.beam is 10"), (["every = 3"], "decoding.every is 3"),
            (["lm = \"a.lm\"", "every = 3", "[evaluation]", "every_updates = 0"], "decoding.every is 3"),
            (["lm = \"a.lm\"", "beam = 0"], "decoding.beam is 0"),
        ])
    func contradictions(lines: [String], expected: String) {
        let faults = faults(lines.joined(separator: "\n"))
        #expect(faults.count == 1 && faults.first?.contains(expected) == true, "\(faults)")
    }

    @Test("every k-th evaluation searches, and the last one always")
    func every() throws {
        var recipe = try recipe("lm = \"a.lm\"", "every = 2")
        recipe.evaluation.everyUpdates = 10
        #expect(
            [10, 20, 30, 40].map { recipe.searches(afterUpdates: $0, isLast: false) } == [
                false, true, false, true,
            ])
        #expect(recipe.searches(afterUpdates: 30, isLast: true))
        recipe.decoding.every = 0
        #expect(
            !recipe.searches(afterUpdates: 20, isLast: false)
                && recipe.searches(afterUpdates: 20, isLast: true))
        recipe.decoding.languageModel = ""
        #expect(!recipe.searches(afterUpdates: 20, isLast: true))
    }

    @Test("what searches evaluations decides no result of training, and other tasks have none of it")
    func effects() {
        let keys = RecipeKey.all.filter { $0.section == "decoding" }
        #expect(keys.count == 11 && keys.allSatisfy { !$0.decidesResults && $0.tasks == [.ctc] })
    }
}
