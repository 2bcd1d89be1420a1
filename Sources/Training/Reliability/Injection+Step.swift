internal import Tensors

extension Trainer {
    /// Reads the items of a micro-batch, and corrupts it if `--inject nan` asks for that: only this rank's
    /// first in an update.
    package static func load(
        _ items: [Int], isFirst: Bool, update: Int, task: Task, monitor: RunMonitor
    ) throws -> Task.MicroBatch {
        let batch = try task.load(items, update: update)
        guard isFirst, monitor.plans(update: update + 1, { $0 == .notANumber(tensor: nil) }) else {
            return batch
        }
        return task.spoiled(batch)
    }

    /// The element whose gradient `--inject` makes NaN in this rank's first micro-batch of an update; nil if
    /// there is none.
    func poison(isFirst: Bool, update: Int) -> Int? {
        guard isFirst, let name = monitor.poisonedTensor(update: update + 1) else { return nil }
        return task.layout[name]?.offset
    }

    /// Flips a bit of a weight after an update if `--inject` asks for it, as failing memory would.
    func flipIfDue() {
        guard let flip = monitor.takeFlip(update: update), case .flip(let name) = flip.action else {
            return
        }
        let place = name.flatMap { task.layout[$0]?.offset } ?? 0
        let values = store.values.all
        values[place] = Float(bitPattern: values[place].bitPattern ^ 1 << 20)
    }
}
