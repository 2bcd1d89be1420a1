package import Batching
package import Recipe
package import Reports

extension Recipe {
    /// The global batches of all updates.
    func batchSchedule(of data: SpeechDataset) -> BatchSchedule { batchSchedule(of: data.items) }

    /// The global batches of all updates over given items.
    package func batchSchedule(of items: [BatchItem]) -> BatchSchedule {
        BatchSchedule(
            items: items, seed: UInt64(seed), batchCost: self.data.batchSeconds,
            samplingAlpha: self.data.samplingAlpha)
    }

    /// How global batches are divided into micro-batches.
    package var batchSharing: BatchSharing {
        distributed.reproducible
            ? BatchSharing(
                rankCost: data.rankSeconds, parts: distributed.reproducibleParts,
                batchCost: data.batchSeconds)
            : BatchSharing(rankCost: data.rankSeconds)
    }
}

extension WorkUnit {
    /// The unit as shown on a run's page.
    package var reported: ReportOutline.Workload { .init(name: symbol, field: field) }
}
