/// The global batches of all updates: epoch after epoch of `EpochPlan`, a pure function of data and seed.
///
/// Plans are not kept. Code that iterates over updates has its own `Walk`, which plans each epoch once.
package struct BatchSchedule: Sendable {
    private let planEpoch: @Sendable (Int) -> [[Int]]

    /// A schedule over the batches that `planEpoch` gives each epoch; every epoch must have one.
    package init(planEpoch: @escaping @Sendable (Int) -> [[Int]]) { self.planEpoch = planEpoch }

    /// A schedule over an `EpochPlan` of each epoch.
    package init(items: [BatchItem], seed: UInt64, batchCost: Double, samplingAlpha: Double) {
        self.init { epoch in
            EpochPlan(
                items: items, seed: seed, epoch: epoch, batchCost: batchCost,
                samplingAlpha: samplingAlpha
            ).batches
        }
    }

    /// A schedule over epochs of batches with a fixed number of items.
    package init(items: [BatchItem], seed: UInt64, batchItems: Int) {
        self.init { EpochPlan(items: items, seed: seed, epoch: $0, batchItems: batchItems).batches }
    }

    /// The updates done when each epoch ends, up to a number of updates.
    package func epochEnds(through updates: Int) -> [Int] {
        var ends: [Int] = []
        var done = 0
        while true {
            done += batches(ofEpoch: ends.count).count
            guard done <= updates else { return ends }
            ends.append(done)
        }
    }

    /// The global batches from an update on, counted from 0.
    package func walk(from update: Int) -> Walk { Walk(self, from: update) }

    private func batches(ofEpoch epoch: Int) -> [[Int]] {
        let batches = planEpoch(epoch)
        precondition(!batches.isEmpty, "epoch \(epoch) has no batch")
        return batches
    }

    /// Iterates over the updates in order; it never ends.
    package struct Walk: Sendable {
        private let schedule: BatchSchedule
        private var epoch = 0
        private var batches: [[Int]]
        private var next = 0

        fileprivate init(_ schedule: BatchSchedule, from update: Int) {
            self.schedule = schedule
            batches = schedule.batches(ofEpoch: 0)
            // The number of batches of an epoch is known only from its plan.
            var left = update
            while left >= batches.count {
                left -= batches.count
                enterNextEpoch()
            }
            next = left
        }

        private mutating func enterNextEpoch() {
            epoch += 1
            batches = schedule.batches(ofEpoch: epoch)
            next = 0
        }

        /// The next update's global batch, as items, and the epoch that it belongs to.
        package mutating func nextBatch() -> (epoch: Int, items: [Int]) {
            if next == batches.count { enterNextEpoch() }
            defer { next += 1 }
            return (epoch, batches[next])
        }
    }
}
