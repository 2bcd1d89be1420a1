internal import Collectives
internal import Tensors

extension Trainer {
    /// Bytes of gradients that this rank contributed to the last update's sum.
    ///
    /// Inside a node they are summed in shared memory; between n nodes a ring carries 2 (n − 1) / n of them over
    /// each node's link.
    func sumBytes(wire: WireFormat) -> Int {
        let summed = task.firstTrainableOffset(update: max(0, update - 1))..<store.layout.count
        let count = summedElements(inUpdate: update)?.keptCount(in: summed) ?? summed.count
        return count * (wire == .float32 ? 4 : 2)
    }
}
