internal import Checkpoints
internal import Collectives
internal import Foundation
internal import Pruning
internal import Tensors

/// What a run needs beside weights and moments to go on as if it had not stopped.
struct CheckpointState: Sendable, Codable, Equatable {
    /// The updates done.
    var update: Int
    /// The best metric so far, if there was an evaluation.
    var bestMetric: Double?
    /// The run's seed: with another, the rest would be another run's.
    var seed: Int
    /// The hash of the weights that the run started from.
    var parentHash: String?
}

/// The files of one checkpoint: `state.json` and `state.safetensors` with weights, moments and masks by name.
enum CheckpointFiles {
    /// Writes a checkpoint on rank 0: whole or not at all.
    static func write(
        _ state: CheckpointState, store: borrowing ParameterStore, masks: MaskAuthority, to path: String
    ) throws {
        let directory = try AtomicDirectory(path: path)
        var writer = SafetensorsWriter()
        for slot in store.layout.slots {
            writer.add("value." + slot.name, store.values[slot.range], shape: slot.shape)
            writer.add("first." + slot.name, store.firstMoment[slot.range], shape: slot.shape)
            writer.add("second." + slot.name, store.secondMoment[slot.range], shape: slot.shape)
        }
        let everything = 0..<masks.pool.count
        writer.add("mask.current", bytes: masks.current.packedBytes(everything))
        if let initial = masks.initial { writer.add("mask.initial", bytes: initial.packedBytes(everything)) }
        try writer.write(to: directory.temporaryPath + "/state.safetensors")
        try AtomicFile.write(try JSONEncoder().encode(state), to: directory.temporaryPath + "/state.json")
        try directory.commit()
    }

    /// Reads a checkpoint into this rank's store.
    static func read(
        _ path: String, into store: borrowing ParameterStore, masks: inout MaskAuthority
    ) throws -> CheckpointState {
        let stateFile = path + "/state.json"
        guard let data = FileManager.default.contents(atPath: stateFile),
            let state = try? JSONDecoder().decode(CheckpointState.self, from: data)
        else { throw CheckpointError(stateFile, "is missing or broken") }
        let file = try SafetensorsFile(path: path + "/state.safetensors")
        for slot in store.layout.slots {
            try file.read("value." + slot.name, into: store.values[slot.range])
            try file.read("first." + slot.name, into: store.firstMoment[slot.range])
            try file.read("second." + slot.name, into: store.secondMoment[slot.range])
        }
        func mask(_ name: String) throws -> PruningMask {
            guard let mask = PruningMask(packedBytes: try file.bytes(name), count: masks.pool.count) else {
                throw CheckpointError(file.path, "\(name) is not a mask of \(masks.pool.count) weights")
            }
            return mask
        }
        masks.restore(
            current: try mask("mask.current"),
            initial: file.info("mask.initial") == nil ? nil : try mask("mask.initial"))
        return state
    }
}
