import Optimization
import Tensors
import TestSupport
import Testing

struct GradientNormTests {
    @Test("the norm is the root of the sum of squares")
    func norm() {
        var arena = testArena()
        let gradient = arena.tensor(rows: 1, columns: 3)
        gradient.copy(from: [2, 3, 6])
        #expect(gradientNorm(gradient) == 7)
        #expect(gradientNorm(gradient.elements(0..<0)) == 0)
    }

    @Test("a gradient that is not finite has a norm that is not finite")
    func notFinite() {
        var arena = testArena()
        let gradient = arena.wave(columns: 5000, phase: 0)
        gradient[4321] = .nan
        #expect(gradientNorm(gradient).isNaN)
        gradient[4321] = -.infinity
        #expect(gradientNorm(gradient) == .infinity)
    }

    @Test("a gradient too long is scaled to the limit, a shorter one left alone, and no limit clips nothing")
    func factor() {
        #expect(clippingFactor(norm: 8, limit: 2) == 0.25)
        #expect(clippingFactor(norm: 2, limit: 2) == 1)
        #expect(clippingFactor(norm: 1e9, limit: 0) == 1)
    }
}
