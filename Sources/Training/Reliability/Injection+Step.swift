internal import Tensors

extension TrainingTask {
    /// Reads the items of a micro-batch, and spoils it where `--inject` asks for that.
    ///
    /// Which micro-batch of the update is spoilt depends on its items alone, so that an update can be repeated.
    func load(_ items: [Int], update: Int, monitor: RunMonitor) throws -> MicroBatch {
        let batch = try load(items, update: update)
        return monitor.plans(update: update + 1) { $0 == .notANumber(tensor: nil) } ? spoiled(batch) : batch
    }
}

extension ParameterLayout {
    /// The element whose gradient is to be no number in an update, counted from 0; nil if none is.
    func poison(_ monitor: RunMonitor, update: Int) -> Int? {
        monitor.poisonedTensor(update: update + 1).flatMap { self[$0]?.offset }
    }
}
