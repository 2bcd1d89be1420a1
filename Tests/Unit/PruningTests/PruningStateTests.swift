import Tensors
import TestSupport
import Testing

@testable import Pruning

struct PruningStateTests {
    private func method(_ method: ComparedMethod, _ change: (inout PruningAxes) -> Void = { _ in })
        -> PruningMethod
    {
        var axes = method.axes
        change(&axes)
        return PruningMethod(
            name: method.rawValue, sparsity: 0.5, axes: axes,
            masksAfter: PruningMethod.masks(every: 5, updates: 50), updates: 50)
    }

    private func state(_ method: PruningMethod, _ fixture: borrowing PoolFixture) -> PruningState {
        PruningState(method: method, pool: fixture.pool, elementCount: fixture.layout.count)
    }

    @Test(
        "hidden values leave the mask's zeros in the store and nothing else changed; shown, all bits are back"
    )
    func hiding() throws {
        let fixture = PoolFixture()
        var state = state(method(.parpMasked), fixture)
        let (weights, outside) = (fixture.poolValues, fixture.bitsOutside)
        let mask = try magnitudeMask(values: fixture.values, pool: fixture.pool, sparsity: 0.5).mask
        state.hide(mask, in: fixture.values)
        #expect(state.hidden != nil && fixture.bitsOutside == outside)
        #expect(fixture.poolValues == weights.indices.map { mask[$0] ? weights[$0] : 0 })
        for member in fixture.pool.members {
            #expect(state.shown(member.slot, in: fixture.values).array() == Array(weights[member.range]))
        }
        #expect(state.show(in: fixture.values) == mask && state.hidden == nil)
        #expect(fixture.poolValues == weights && fixture.bitsOutside == outside)
        #expect(state.show(in: fixture.values) == nil)
    }

    @Test("a mask is selected from the unmasked values, not from zeros")
    func selection() throws {
        let fixture = PoolFixture()
        var state = state(method(.parpMasked), fixture)
        let expected = try magnitudeMask(values: fixture.values, pool: fixture.pool, sparsity: 0.5).mask
        state.hide(PruningMask(kept: expected.kept.map { !$0 }), in: fixture.values)
        let found = try state.selectMask(
            afterUpdates: 10, sparsity: 0.5, values: fixture.values, earlier: expected, scope: .global)
        #expect(found.mask == expected)
    }

    @Test(
        "movement falls where gradients push weights away from 0, adds up, and leaves out frozen parameters")
    func movement() {
        let fixture = PoolFixture(sizes: [2, 3])
        let state = state(method(.movement), fixture)
        fixture.poolValues = [1, -2, 3, 4, -5]
        let gradients = FlatBuffer(count: fixture.layout.count)
        gradients.all.fill(0.5)
        let slot = fixture.pool.members[1].slot
        for _ in 0..<2 {
            state.scores.addMovement(
                gradients: gradients.all, values: fixture.values, from: slot.offset, factor: 0.1)
        }
        #expect(state.scores.values.elements(fixture.pool.members[0].slot.range).array() == [0, 0])
        let found = state.scores.values.elements(slot.range).array()
        for (score, expected) in zip(found, [-0.3, -0.4, 0.5]) {
            #expect(abs(Double(score) - expected) < 1e-6)
        }
    }

    @Test("a learned score's gradient is that of its magnitude, a factor of the weight")
    func scoreGradient() {
        let fixture = PoolFixture(sizes: [4])
        let state = state(method(.router), fixture)
        fixture.poolValues = [1, -2, 3, -4]
        state.begin(values: fixture.values)
        let range = fixture.pool.members[0].slot.range
        #expect(state.scores.values.elements(range).array() == [1, -2, 3, -4])
        let gradients = FlatBuffer(count: fixture.layout.count)
        gradients.all.fill(2)
        let result = FlatBuffer(count: 4)
        state.scores.gradients(range, gradients: gradients.all, values: fixture.values, into: result.all)
        #expect(result.all.array() == [2, 4, 6, 8])
    }

    @Test("the first mask is that of magnitudes where scores say nothing yet, and of scores later")
    func firstMask() throws {
        let fixture = PoolFixture()
        for (compared, score) in [(ComparedMethod.movement, PruningScore.movement), (.rigL, .gradient)] {
            let state = state(method(compared) { $0.score = score }, fixture)
            let first = try state.selectMask(
                afterUpdates: 0, sparsity: 0.5, values: fixture.values, earlier: nil, scope: .global)
            let magnitudes = try magnitudeMask(values: fixture.values, pool: fixture.pool, sparsity: 0.5)
            #expect(first.mask == magnitudes.mask, "\(compared.rawValue)")
        }
        let state = state(method(.movement), fixture)
        let gradients = FlatBuffer(count: fixture.layout.count)
        gradients.all.copy(from: wave(fixture.layout.count, phase: 2.2))
        state.scores.addMovement(
            gradients: gradients.all, values: fixture.values, from: 0, factor: 1)
        let later = try state.selectMask(
            afterUpdates: 10, sparsity: 0.5, values: fixture.values, earlier: nil, scope: .global)
        let expected = try selectMask(
            scores: state.scores.values, order: .value, pool: fixture.pool, sparsity: 0.5)
        #expect(later.mask == expected.mask)
    }

    @Test("magnitude and movement count alike: each is measured by its root mean square")
    func joined() throws {
        let fixture = PoolFixture(sizes: [4])
        let state = state(method(.parpMasked) { $0.score = .magnitudeMovement }, fixture)
        fixture.poolValues = [4, 3, -2, -1]
        let gradients = FlatBuffer(count: fixture.layout.count)
        gradients[fixture.pool.members[0].slot.range].copy(from: [1000, 0, 0, 1000])
        state.scores.addMovement(gradients: gradients.all, values: fixture.values, from: 0, factor: 1)
        // Movement: −4000, 0, 0, 1000 over 2062; magnitudes 4, 3, 2, 1 over 2.74: −0.48, 1.10, 0.73, 0.85.
        let mask = try state.selectMask(
            afterUpdates: 10, sparsity: 0.5, values: fixture.values, earlier: nil, scope: .global
        ).mask
        #expect(mask.kept == [false, true, false, true])
    }

    @Test("scores are state only where a method has them, and moments where they are trained")
    func parts() {
        let fixture = PoolFixture()
        let names = { (compared: ComparedMethod) in
            self.state(self.method(compared), fixture).scores.parts.map(\.name)
        }
        #expect(names(.parp).isEmpty && names(.parpMasked).isEmpty)
        #expect(names(.movement) == ["score"] && names(.rigL) == ["score"])
        #expect(names(.router) == ["score", "score.first", "score.second"])
    }
}
