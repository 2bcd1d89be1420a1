package import JSON
internal import Optimization
internal import Tensors

extension StepReport {
    /// The fields of a `train` event, with those of the task.
    package func fields(_ task: [(String, JSONValue)]) -> [(String, JSONValue)] {
        [
            ("loss", .number(loss)), ("learning_rate", .number(learningRate)),
            ("gradient_norm", .number(gradientNorm)),
        ] + task + [
            ("skipped", .boolean(skipped)), ("seconds", .number(phases.total)),
            ("data_seconds", .number(phases.data)), ("compute_seconds", .number(phases.compute)),
            ("forward_seconds", .number(phases.seconds(in: .forward))),
            ("backward_seconds", .number(phases.seconds(in: .backward))),
            ("exposed_communication_seconds", .number(phases.exposedCommunication)),
            ("communication_seconds", .number(phases.communication)),
            ("optimizer_seconds", .number(phases.optimizer)), ("other_seconds", .number(phases.other)),
        ]
    }
}

extension PruneReport {
    /// The fields of a `prune` event.
    package var fields: [(String, JSONValue)] {
        [
            ("sparsity_target", .number(sparsity)), ("pruned", .integer(pruned)),
            ("pool", .integer(poolSize)),
            ("sparsity", .number(poolSize > 0 ? Double(pruned) / Double(poolSize) : 0)),
            ("threshold", .number(Double(threshold))), ("revived", .integer(revived)),
            ("iou_previous", .number(overlapWithPrevious)), ("iou_initial", .number(overlapWithInitial)),
            ("mask_hash", .string(ContentHash.text(hash))), ("seconds", .number(seconds)),
        ]
    }
}
