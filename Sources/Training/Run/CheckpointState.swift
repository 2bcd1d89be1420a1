internal import Batching
internal import Checkpoints
internal import Collectives
internal import Foundation
internal import Kernels
package import Pruning
package import Tensors

/// What a run needs besides weights and moments to continue as if it had not stopped.
///
/// Random numbers are computed from the seed, and batches from data and seed: neither has a state.
package struct CheckpointState: Sendable, Codable, Equatable {
    /// The updates done.
    package var update: Int
    /// The best metric so far, if there was an evaluation.
    package var bestMetric: Double?
    /// The run's seed: with another one, the rest would belong to another run.
    package var seed: Int
    /// The version of batch planning; checkpoints from before the second version have none.
    var batchPlan: Int? = EpochPlan.version
    /// The hash of the weights that the run started from.
    package var parentHash: String?
    /// Whether the evaluation due after this update is still to be done.
    package var isEvaluationPending = false
    /// Updates skipped in a row, up to this one.
    var consecutiveSkips = 0
    /// Updates skipped since the run began.
    package var skipped = 0
    /// How layers are chosen that multiply only kept weights, with what was measured: after resuming the
    /// same are chosen, since another order of summation changes the last bits.
    package var sparseChoice: SparseChoice?
    /// Evaluations in a row without a new best.
    package var sinceBest = 0
    /// Whether the run ended early because evaluations no longer improved.
    package var endedEarly = false
    /// The evaluated models kept for averaging, oldest first.
    package var snapshots: [ModelSnapshot] = []
    /// Seconds that updates and evaluations took, times the cores of all ranks.
    package var coreSeconds = 0.0
    /// Whether there is a manifest; checkpoints of earlier versions have none.
    var hasManifest = false
    /// Whether moments are those of the weights that the mask keeps alone; in earlier versions they never were.
    var hasKeptMomentsAlone = false

    /// The state after this many updates of a run with a seed.
    package init(update: Int, bestMetric: Double? = nil, seed: Int) {
        (self.update, self.bestMetric, self.seed) = (update, bestMetric, seed)
    }

    /// Reads a state; fields missing in earlier versions get their defaults.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func read<Value: Decodable>(_ key: CodingKeys, or value: Value) throws -> Value {
            try container.decodeIfPresent(Value.self, forKey: key) ?? value
        }
        update = try container.decode(Int.self, forKey: .update)
        bestMetric = try container.decodeIfPresent(Double.self, forKey: .bestMetric)
        seed = try container.decode(Int.self, forKey: .seed)
        batchPlan = try container.decodeIfPresent(Int.self, forKey: .batchPlan)
        parentHash = try container.decodeIfPresent(String.self, forKey: .parentHash)
        isEvaluationPending = try read(.isEvaluationPending, or: false)
        consecutiveSkips = try read(.consecutiveSkips, or: 0)
        skipped = try read(.skipped, or: 0)
        sparseChoice = try container.decodeIfPresent(SparseChoice.self, forKey: .sparseChoice)
        sinceBest = try read(.sinceBest, or: 0)
        endedEarly = try read(.endedEarly, or: false)
        snapshots = try read(.snapshots, or: [])
        coreSeconds = try read(.coreSeconds, or: 0)
        hasManifest = try read(.hasManifest, or: false)
        hasKeptMomentsAlone = try read(.hasKeptMomentsAlone, or: false)
    }

    /// Why a run with a seed cannot resume from here; nil if it can.
    func fault(seed: Int) -> String? {
        guard self.seed == seed else {
            return "was run with seed \(self.seed), not \(seed): not the same run"
        }
        guard batchPlan == EpochPlan.version else {
            return "was started by an earlier version, which drew other batches: an epoch would contain some "
                + "utterances twice and others not at all; finish it with that version, or start over in another "
                + "--output"
        }
        return nil
    }
}

/// The files of one checkpoint: `state.json`, `state.safetensors` with weights, moments, scores and masks by name, and
/// `manifest.json` with their sizes and hashes.
package enum CheckpointFiles {
    private static let weights = "/state.safetensors"
    private static let state = "/state.json"

    /// Writes a checkpoint on rank 0, atomically.
    ///
    /// - Parameter midway: Called when half of it is written.
    package static func write(
        _ state: CheckpointState, store: borrowing ParameterStore, pruning: borrowing PruningState,
        masks: MaskAuthority, to path: String, midway: () -> Void
    ) throws {
        let directory = try AtomicDirectory(path: path)
        var writer = SafetensorsWriter()
        for slot in store.layout.slots {
            writer.add(
                "value." + slot.name, pruning.shown(slot, in: store.values.all), shape: slot.shape)
            let places = store.moments.places(of: slot.range)
            let shape = places.count == slot.shape.count ? slot.shape : Shape([places.count])
            writer.add("first." + slot.name, store.moments.first[places], shape: shape)
            writer.add("second." + slot.name, store.moments.second[places], shape: shape)
        }
        for slot in pruning.pool.members.map(\.slot) {
            for (name, tensor) in pruning.scores.parts {
                writer.add("\(name).\(slot.name)", tensor.elements(slot.range), shape: slot.shape)
            }
        }
        let everything = 0..<masks.pool.count
        writer.add("mask.current", bytes: masks.current.packedBytes(everything))
        if let initial = masks.initial { writer.add("mask.initial", bytes: initial.packedBytes(everything)) }
        try writer.write(to: directory.temporaryPath + weights)
        midway()
        var state = state
        state.hasManifest = true
        state.hasKeptMomentsAlone = store.moments.kept != nil
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        try AtomicFile.write(try encoder.encode(state), to: directory.temporaryPath + self.state)
        try FolderManifest.write(into: directory.temporaryPath)
        try directory.commit()
    }

    /// A checkpoint's state besides tensors; nil if it cannot be read.
    static func state(in path: String) -> CheckpointState? {
        FileManager.default.contents(atPath: path + state).flatMap {
            try? JSONDecoder().decode(CheckpointState.self, from: $0)
        }
    }

    /// Reads a checkpoint into this rank's store.
    package static func read(
        _ path: String, into store: inout ParameterStore, pruning: borrowing PruningState,
        masks: inout MaskAuthority
    ) throws -> CheckpointState {
        let stateFile = path + state
        guard let data = FileManager.default.contents(atPath: stateFile),
            let state = try? JSONDecoder().decode(CheckpointState.self, from: data)
        else { throw CheckpointError(stateFile, "is missing or broken") }
        if state.hasManifest || FolderManifest.exists(in: path) { try FolderManifest.verify(path) }
        let file = try SafetensorsFile(path: path + weights)
        func mask(_ name: String) throws -> PruningMask {
            guard let mask = PruningMask(packedBytes: try file.bytes(name), count: masks.pool.count) else {
                throw CheckpointError(file.path, "\(name) is not a mask of \(masks.pool.count) weights")
            }
            return mask
        }
        masks.restore(
            current: try mask("mask.current"),
            initial: file.info("mask.initial") == nil ? nil : try mask("mask.initial"))
        let count = store.layout.count
        store.moments.keep(state.hasKeptMomentsAlone ? masks.keptElements(of: count) : nil)
        for slot in store.layout.slots {
            let places = store.moments.places(of: slot.range)
            try file.read("value." + slot.name, into: store.values[slot.range])
            try file.read("first." + slot.name, into: store.moments.first[places])
            try file.read("second." + slot.name, into: store.moments.second[places])
        }
        // The run may hold its mask later than when this was written, having been lengthened.
        store.moments.keep(masks.heldElements(under: pruning.method, afterUpdates: state.update, of: count))
        for slot in pruning.pool.members.map(\.slot) {
            for (name, tensor) in pruning.scores.parts {
                try file.read("\(name).\(slot.name)", into: tensor.elements(slot.range))
            }
        }
        return state
    }

    /// Cuts the weights of a checkpoint in half, as `--inject truncate` asks for.
    static func truncate(_ path: String) throws {
        guard let handle = FileHandle(forUpdatingAtPath: path + weights) else { return }
        try handle.truncate(atOffset: try handle.seekToEnd() / 2)
        try handle.close()
    }
}
