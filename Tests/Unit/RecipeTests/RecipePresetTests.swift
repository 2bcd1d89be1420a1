import TestSupport
import Testing

@testable import Recipe

struct RecipePresetTests {
    @Test("a preset is the recipe of its name in cluster/recipes", arguments: RecipePreset.all.map(\.name))
    func likeFile(_ name: String) throws {
        let preset = try #require(RecipePreset.named(name))
        let file = try Recipe(path: "\(repository)/cluster/recipes/\(name).toml")
        let recipe = try preset.recipe()
        let differing = RecipeKey.all.filter { $0.get(recipe) != $0.get(file) }.map(\.path)
        #expect(differing.isEmpty)
        #expect(recipe == file)
    }

    @Test("a preset is known by its name and by that of its file, and nothing else is")
    func names() {
        #expect(RecipePreset.named("base-1h")?.hours == 1)
        #expect(RecipePreset.named("cluster/recipes/base-1h.toml")?.name == "base-1h")
        #expect(RecipePreset.named("base-2h") == nil && RecipePreset.named("") == nil)
    }

    @Test("changes from the command line come after the preset's")
    func overrides() throws {
        let recipe = try Recipe(
            pathOrPreset: "base-1h", overrides: ["schedule.updates=7"], task: nil)
        #expect(recipe.schedule.updates == 7 && recipe.data.batchSeconds == 1600)
    }

    @Test("a command that trains refuses a preset's name and says how to make a file of it")
    func hint() {
        let error = #expect(throws: RecipeError.self) { try Recipe(path: "base-1h") }
        #expect(error?.description.contains("parp recipe base-1h > base-1h.toml") == true)
    }
}
