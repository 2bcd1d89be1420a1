internal import Checkpoints
internal import Tensors
internal import Text

extension StepReport {
    /// The fields of a `train` event, with those of the task.
    func fields(_ task: [(String, JSONValue)]) -> [(String, JSONValue)] {
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
            ("optimizer_seconds", .number(phases.optimizer)),
        ]
    }
}

extension PruneReport {
    /// The fields of a `prune` event.
    var fields: [(String, JSONValue)] {
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

extension EvaluationResult {
    /// The fields of an `eval` event.
    var fields: [(String, JSONValue)] {
        [
            ("wer", .number(words.rate)), ("cer", .number(characters.rate)), ("loss", .number(meanLoss)),
            ("words", words.json), ("characters", characters.json), ("utterances", .integer(utterances)),
            ("audio_seconds", .number(audioSeconds)), ("infinite_losses", .integer(infiniteLosses)),
        ] + (languages.isEmpty ? [] : [("languages", languageObject)])
    }

    private var languageObject: JSONValue {
        .object(
            languages.sorted { $0.key < $1.key }.map { language, errors in
                .init(
                    language,
                    .object([
                        .init("wer", .number(errors.words.rate)),
                        .init("cer", .number(errors.characters.rate)),
                        .init("words", errors.words.json), .init("characters", errors.characters.json),
                        .init("utterances", .integer(errors.utterances)),
                    ]))
            })
    }
}

extension ErrorRate {
    /// The counts as an object.
    var json: JSONValue {
        .object([
            .init("substitutions", .integer(substitutions)), .init("deletions", .integer(deletions)),
            .init("insertions", .integer(insertions)), .init("correct", .integer(correct)),
            .init("reference", .integer(referenceLength)),
        ])
    }
}
