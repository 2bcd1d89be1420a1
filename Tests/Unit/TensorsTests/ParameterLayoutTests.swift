import Tensors
import Testing

struct ParameterLayoutTests {
    @Test("slots lie in the order of registration, at multiples of 16, and do not touch")
    func offsets() {
        var layout = ParameterLayout()
        let extents: [Shape] = [[3, 5], [16], [17], [1], [2, 2, 2], []]
        let slots = extents.enumerated().map { layout.add("p\($0.offset)", $0.element) }
        #expect(slots.map(\.offset) == [0, 16, 32, 64, 80, 96])
        #expect(slots.map(\.index) == Array(0..<6))
        #expect(slots.map(\.range.count) == [15, 16, 17, 1, 8, 1])
        #expect(layout.count == 112)
        #expect(layout.parameterCount == 58)
        for (slot, next) in zip(slots, slots.dropFirst()) {
            #expect(slot.range.upperBound <= next.range.lowerBound)
        }
    }

    @Test("a layout with nothing in it has no elements")
    func empty() {
        let layout = ParameterLayout()
        #expect(layout.count == 0 && layout.parameterCount == 0 && layout.slots.isEmpty)
        #expect(layout["anything"] == nil)
    }

    @Test("a slot is found by its name, and the pool is the prunable ones in order")
    func roles() {
        var layout = ParameterLayout()
        _ = layout.add("norm", [4])
        let weight = layout.add("weight", [4, 4], role: .prunable(layer: nil, kind: .other))
        let bias = layout.add("bias", [4], role: .prunable(layer: nil, kind: .other))
        _ = layout.add("head", [2, 4])
        #expect(layout["weight"] == weight)
        #expect(layout["nothing"] == nil)
        #expect(layout.prunableSlots == [weight, bias])
    }

    @Test("a convolution's extents in a file have taps last")
    func fileShape() {
        var layout = ParameterLayout()
        let convolution = layout.add("conv", [8, 3, 5], fileOrder: .convolution)
        let linear = layout.add("linear", [8, 3])
        #expect(convolution.fileShape == [8, 5, 3] && convolution.shape == [8, 3, 5])
        #expect(linear.fileShape == linear.shape)
    }

    @Test("a name cannot be registered twice")
    func duplicates() async {
        await #expect(processExitsWith: .failure) {
            var layout = ParameterLayout()
            _ = layout.add("weight", [1])
            _ = layout.add("weight", [2])
        }
    }
}
