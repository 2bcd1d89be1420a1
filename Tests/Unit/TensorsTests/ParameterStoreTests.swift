import Tensors
import Testing

struct ParameterStoreTests {
    private func makeLayout() -> ParameterLayout {
        var layout = ParameterLayout()
        _ = layout.add("weight", [3, 5], role: .prunable(layer: nil, kind: .other))
        _ = layout.add("kernel", [2, 3, 4])
        return layout
    }

    @Test("values, gradients and moments are parallel buffers of zeros")
    func parallel() {
        let layout = makeLayout()
        let store = ParameterStore(layout: layout)
        for tensor in [
            store.values.all, store.gradients.all, store.moments.first.all, store.moments.second.all,
        ] {
            #expect(tensor.array() == Array(repeating: 0, count: layout.count))
        }
        store.values.all.fill(1)
        #expect(store.gradients.all.array() == Array(repeating: 0, count: layout.count))
    }

    @Test("for inference it holds values alone")
    func inference() {
        let store = ParameterStore(layout: makeLayout(), training: false)
        #expect(store.values.count == store.layout.count)
        #expect(store.gradients.count + store.moments.first.count + store.moments.second.count == 0)
    }

    @Test("views show a slot as a matrix: the last extent across, all others down")
    func views() {
        let store = ParameterStore(layout: makeLayout())
        for slot in store.layout.slots {
            store.values[slot.range].fill(Float(slot.index + 1))
            store.gradients[slot.range].fill(-Float(slot.index + 1))
        }
        let (weight, kernel) = (store.layout.slots[0], store.layout.slots[1])
        let views = store.views
        #expect(views.value(weight).rows == 3 && views.value(weight).columns == 5)
        #expect(views.value(kernel).rows == 6 && views.value(kernel).columns == 4)
        #expect(views.value(kernel).array() == Array(repeating: 2, count: 24))
        #expect(views.gradient(weight).array() == Array(repeating: -1, count: 15))
    }
}
