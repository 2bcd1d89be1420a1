import Testing

@testable import Tasks

struct GumbelTemperatureTests {
    @Test("the temperature starts at the first, falls by its factor an update, and stays at the last")
    func schedule() {
        let temperature = GumbelTemperature(first: 2, last: 0.5, decay: 0.5)
        #expect([0, 1, 2, 3, 100].map(temperature.value) == [2, 1, 0.5, 0.5, 0.5])
        #expect(GumbelTemperature(first: 2, last: 0.5, decay: 1).value(update: 1_000_000) == 2)
    }
}
