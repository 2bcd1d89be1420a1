import Checkpoints
import Collectives
import Foundation
import MaskFiles
import Pruning
import Tasks
import Tensors
import Training

/// Readers that only runs call, which are handed broken files.
enum InspectedReaders {
    /// Reads a mask of any kind.
    static func mask(_ path: String, bigEndianBits: Bool) throws {
        _ = try StoredMask.load(path, bitOrder: bigEndianBits ? .big : .little)
    }

    /// Writes a mask of these parameters that keeps all.
    static func writeMask(_ path: String, layout: ParameterLayout) throws {
        let pool = PrunablePool(layout)
        let provenance = MaskProvenance(
            method: "magnitude", update: 0, sparsityTarget: 0, threshold: 0, parent: "model", weightsHash: 1)
        try MaskFile.write(.allKept(count: pool.count), pool: pool, provenance: provenance, to: path)
    }

    /// Reads the small files of a stored model, and what kind of network they state.
    static func model(_ path: String) throws {
        let model = try StoredModel.open(path)
        _ = try model.openNetwork()
    }

    /// Reads a checkpoint of a run into a store of these parameters.
    static func checkpoint(_ path: String, layout: ParameterLayout) throws {
        var store = ParameterStore(layout: layout)
        var masks = MaskAuthority(pool: PrunablePool(layout), communicator: SoloCommunicator())
        _ = try CheckpointFiles.read(path, into: &store, pruning: PruningState(), masks: &masks)
    }

    /// Writes such a checkpoint.
    static func writeCheckpoint(_ path: String, layout: ParameterLayout) throws {
        let store = ParameterStore(layout: layout)
        let masks = MaskAuthority(pool: PrunablePool(layout), communicator: SoloCommunicator())
        let state = CheckpointState(update: 3, bestMetric: 0.5, seed: 1)
        try CheckpointFiles.write(
            state, store: store, pruning: PruningState(), masks: masks, to: path, midway: {})
    }

    /// Removes from a `metrics.jsonl` what follows an update.
    static func log(_ path: String, forgettingBehind update: Int) throws {
        try MetricsLog(path: path).forget(behind: update, includingEvaluation: true)
    }

    /// Reads rank 0's heartbeat of a run directory; whether there was one.
    static func heartbeat(_ directory: String) -> Bool {
        Heartbeat.read(RunDirectory(path: directory), rank: 0) != nil
    }

    /// Reads what a user writes after `--inject`.
    static func injection(_ text: String) throws { _ = try Injection(parsing: text) }
}
