internal import Checkpoints
internal import Tensors
internal import TestSupport

extension ParityProbe {
    /// How far our answers lie from transformers' for a model of text, which is written anew if a place is given.
    static func text(_ directory: String, writing place: Substring?) throws -> (
        [String: Any], GoldenGradients
    ) {
        var model = try GoldenText(directory: directory)
        if let place {
            let source = try StoredModel(path: directory)
            try writeModelDirectory(
                at: String(place), values: model.store.values.all, layout: model.network.layout,
                files: ModelFiles(config: source.config, kept: try KeptFile.tokenizer(of: source)))
        }
        let answer = model.run()
        var (logits, loss, alone) = (0.0, 0.0, 0.0)
        for index in 0..<model.count {
            let expected = try model.golden.floats("logits.\(index)")
            logits = max(logits, relativeDifference(answer.logits[index], expected))
            loss = max(
                loss, relativeDifference([answer.losses[index]], try model.golden.floats("loss.\(index)")))
        }
        let gradients = try model.store.compareGradients(
            with: model.golden, dividedBy: Double(model.rowCount))
        for index in 0..<model.count {
            alone = max(alone, relativeDifference(model.run([index]).logits[0], answer.logits[index]))
        }
        let expected = try model.golden.doubles("trajectory")
        let found = model.trajectory(
            updates: expected.count - 1,
            learningRate: Double(model.golden.metadata["learning_rate"] ?? "") ?? 1e-3)
        return (
            [
                "logits": logits, "loss": loss, "packed": alone,
                "trajectory": largestRelative(found, expected),
            ], gradients
        )
    }
}
