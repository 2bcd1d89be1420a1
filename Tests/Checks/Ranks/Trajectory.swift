internal import Checkpoints
internal import Collectives
internal import Foundation
internal import JSON
internal import Pruning
internal import Reports
internal import Session
internal import Tensors

/// A run that every number of ranks does, to be compared.
enum Trajectory: String, CaseIterable {
    /// Everything random on, the frozen features from the cache.
    case plain
    /// With every gradient clipped, and features recomputed each time.
    case clipped
    /// One utterance a batch, and one to evaluate on: all ranks but one are idle.
    case idle

    /// Far below the gradients' norms at the start.
    static let clipNorm = 5.0

    func overrides(_ workplace: Workplace) -> [String] {
        switch self {
        case .plain: []
        case .clipped: ["optimizer.clip_norm=\(Self.clipNorm)", "data.cache_features=false"]
        case .idle:
            [
                "data.batch_seconds=0.1", "schedule.updates=\(updates)", "pruning.interval=2",
                "data.valid=\(workplace.oneUtterance)",
            ]
        }
    }

    /// Updates of the run.
    var updates: Int { self == .idle ? 6 : 20 }
}

/// What a run left: losses and masks.
struct Outcome {
    let losses: [Double]
    let utterances: [Double]
    let gradientNorms: [Double]
    let revived: [Int]
    let evaluation: Double
    let threshold: Float
    let mask: [String: PruningMask]
    /// The masks before the last, in the order of their updates.
    let earlierMasks: [[String: PruningMask]]
    let weights: SafetensorsFile

    init(_ path: String, updates: Int) throws {
        let train = try events("train", in: path)
        losses = train.compactMap { $0["loss"]?.double }
        utterances = train.compactMap { $0["utterances"]?.double }
        gradientNorms = train.compactMap { $0["gradient_norm"]?.double }
        revived = try events("prune", in: path).compactMap { $0["revived"]?.integer }
        evaluation = try events("eval", in: path).last?["loss"]?.double ?? .nan
        weights = try SafetensorsFile(path: path + "/final/model.safetensors")
        let file = try SafetensorsFile(path: "\(path)/masks/step-\(updates).safetensors")
        threshold = file.metadata["threshold"].flatMap(Float.init) ?? .nan
        let weights = weights
        func masks(_ file: SafetensorsFile) throws -> [String: PruningMask] {
            try Dictionary(
                uniqueKeysWithValues: file.names.map { name in
                    let count = weights.info(name)?.shape.count ?? 0
                    guard let mask = PruningMask(packedBytes: try file.bytes(name), count: count) else {
                        throw CheckpointError(
                            path, "the mask of \(name) has other bits than its \(count) weights")
                    }
                    return (name, mask)
                })
        }
        mask = try masks(file)
        earlierMasks = try (0..<updates).map { "\(path)/masks/step-\($0).safetensors" }
            .filter(FileManager.default.fileExists).map { try masks(SafetensorsFile(path: $0)) }
    }
}

/// Does all runs at this number of ranks.
func checkTrajectories(_ runner: CheckRunner, _ workplace: Workplace) throws {
    for trajectory in Trajectory.allCases {
        let output = try train(trajectory.rawValue, trajectory.overrides(workplace), runner, workplace)
        try runner.check("\(trajectory.rawValue): \(trajectory.updates) updates, to the end") { findings in
            guard runner.session.isRoot else { return }
            let outcome = try Outcome(output, updates: trajectory.updates)
            findings.expect(outcome.losses.count == trajectory.updates, "\(outcome.losses.count) updates")
            findings.expect(outcome.losses.allSatisfy(\.isFinite), "losses \(outcome.losses)")
            findings.expect(outcome.evaluation.isFinite, "evaluated to \(outcome.evaluation)")
        }
    }
}
