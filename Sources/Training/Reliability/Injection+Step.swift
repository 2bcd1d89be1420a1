internal import Collectives
internal import Tensors

extension TrainingTask {
    /// The item that `--inject nan` spoils on a rank: the first that it hears in an update.
    func spoiledItem(update: Int, rank: Int, rankCount: Int) -> Int? {
        microBatches(of: globalBatch(update: update), rank: rank, rankCount: rankCount).first?.first
    }
}

extension Trainer {
    /// Reads the items of a micro-batch, and spoils it where `--inject` asks for that.
    static func load(
        _ items: [Int], update: Int, task: Task, rank: Int, rankCount: Int, monitor: RunMonitor
    ) throws -> Task.MicroBatch {
        let batch = try task.load(items, update: update)
        guard monitor.plans(update: update + 1, { $0 == .notANumber(tensor: nil) }),
            items.first == task.spoiledItem(update: update, rank: rank, rankCount: rankCount)
        else { return batch }
        return task.spoiled(batch)
    }

    /// The element whose gradient `--inject` wants to be no number when this rank differentiates items of an
    /// update; nil if there is none.
    func poison(of items: [Int], update: Int) -> Int? {
        guard let name = monitor.poisonedTensor(update: update + 1),
            items.first
                == task.spoiledItem(update: update, rank: communicator.rank, rankCount: communicator.size)
        else { return nil }
        return task.layout[name]?.offset
    }

    /// Flips a bit of a weight behind an update, where `--inject` asks for that: what failing memory does.
    func flipIfDue() {
        guard let flip = monitor.takeFlip(update: update), case .flip(let name) = flip.action else {
            return
        }
        let place = name.flatMap { task.layout[$0]?.offset } ?? 0
        let values = store.values.all
        values[place] = Float(bitPattern: values[place].bitPattern ^ 1 << 20)
    }
}
