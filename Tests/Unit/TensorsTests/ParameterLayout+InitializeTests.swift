import Tensors
import Testing

struct ParameterLayoutInitializeTests {
    private func makeLayout() -> ParameterLayout {
        var layout = ParameterLayout()
        _ = layout.add("zeros", [5])
        _ = layout.add("ones", [7], initializer: .ones)
        _ = layout.add("normal", [100, 100], initializer: .normal(deviation: 0.02))
        _ = layout.add("uniform", [50, 50], initializer: .uniform(-0.25...0.75))
        let direction = layout.add("direction", [6, 4, 3], initializer: .normal(deviation: 1))
        _ = layout.add("norms", [4], initializer: .tapNorms(of: direction.index))
        return layout
    }

    private func fresh(_ layout: ParameterLayout, seed: UInt64) -> [String: [Float]] {
        let values = FlatBuffer(count: layout.count)
        layout.initialize(values.all, seed: seed)
        return Dictionary(uniqueKeysWithValues: layout.slots.map { ($0.name, values[$0.range].array()) })
    }

    @Test("every kind of parameter gets the numbers of its kind")
    func kinds() throws {
        let values = fresh(makeLayout(), seed: 1)
        #expect(values["zeros"] == Array(repeating: 0, count: 5))
        #expect(values["ones"] == Array(repeating: 1, count: 7))
        let normal = try #require(values["normal"]).map(Double.init)
        let variance = normal.reduce(0) { $0 + $1 * $1 } / 10_000
        // 10 000 draws: a variance has a relative deviation of √(2/10 000).
        #expect(abs(variance / 4e-4 - 1) < 5 * 0.01414)
        let uniform = try #require(values["uniform"])
        let isInside = uniform.allSatisfy { (-0.25...0.75).contains($0) }
        #expect(isInside)
        #expect((uniform.min() ?? 0) < -0.24 && (uniform.max() ?? 0) > 0.74)
    }

    @Test("weight norm starts as the identity: a tap's gain is the norm of its direction")
    func tapNorms() throws {
        let values = fresh(makeLayout(), seed: 1)
        let (direction, norms) = (try #require(values["direction"]), try #require(values["norms"]))
        for tap in 0..<4 {
            let square = (0..<6).reduce(0.0) { sum, output in
                (0..<3).reduce(sum) {
                    let weight = Double(direction[(output * 4 + tap) * 3 + $1])
                    return $0 + weight * weight
                }
            }
            #expect(norms[tap] == Float(square.squareRoot()))
        }
    }

    @Test("numbers depend on seed and place alone; one parameter can be drawn again without the others")
    func counted() {
        let layout = makeLayout()
        #expect(fresh(layout, seed: 1) == fresh(layout, seed: 1))
        #expect(fresh(layout, seed: 1)["normal"] != fresh(layout, seed: 2)["normal"])
        let values = FlatBuffer(count: layout.count)
        values.all.fill(9)
        for slot in layout.slots where slot.name == "uniform" {
            layout.initialize(slot, in: values.all, seed: 1)
            #expect(values[slot.range].array() == fresh(layout, seed: 1)["uniform"])
        }
        let touched = values.all.array().count { $0 != 9 }
        #expect(touched == 2500)
    }

    @Test("the gaps between parameters stay zero")
    func gaps() {
        let layout = makeLayout()
        let values = FlatBuffer(count: layout.count)
        layout.initialize(values.all, seed: 1)
        var rest = Set(0..<layout.count)
        for slot in layout.slots { rest.subtract(slot.range) }
        #expect(!rest.isEmpty && rest.allSatisfy { values.all[$0] == 0 })
    }
}
