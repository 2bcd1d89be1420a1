import Testing

@testable import Preflight
@testable import Recipe

struct PlanAssumptionsTests {
    @Test("a preset is planned without its model and corpus, and says what it assumed")
    func preset() throws {
        let preset = try #require(RecipePreset.named("base-1h"))
        let recipe = try preset.recipe(overrides: ["schedule.updates=20"])
        let forecast = try RunForecast(
            recipe: recipe, ranks: 4, ranksPerNode: 4,
            assuming: PlanAssumptions(shape: preset.shape, hours: preset.hours))
        // The shape of base with 32 tokens, as transformers counts it.
        #expect(forecast.parameters == 94_396_320)
        #expect(abs(forecast.audioSeconds - 3600) < 20)
        #expect(forecast.assumed.count == 3)
        #expect(forecast.assumed[0].contains("base") && forecast.assumed[1].contains("1.0 h"))
    }

    @Test("nothing is assumed that exists, or that nobody mentioned")
    func needed() throws {
        let preset = try #require(RecipePreset.named("base-1h")).recipe()
        #expect(!PlanAssumptions().areNeeded(by: preset))
        #expect(PlanAssumptions(hours: 1).areNeeded(by: preset))
        var named = preset
        named.model.path = "base"
        #expect(PlanAssumptions().areNeeded(by: named))
    }
}
