internal import Checkpoints
internal import Foundation
internal import Models
internal import Tensors
internal import TestSupport

/// Prints, as one JSON object, how far our answers are from transformers' for a model directory.
///
/// Usage: ParityProbe [--pretraining | --text] MODEL_DIRECTORY [--all] [--write=DIRECTORY]
@main
struct ParityProbe {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        let directory = arguments.first { !$0.hasPrefix("--") } ?? "."
        var (report, gradients) =
            if arguments.contains("--text") {
                try text(directory, writing: arguments.first { $0.hasPrefix("--write=") }?.dropFirst(8))
            } else if arguments.contains("--pretraining") {
                try pretraining(directory)
            } else {
                try fineTuning(directory)
            }
        report["gradients"] = gradients.differences.count
        report["worst_gradient"] = gradients.worst.name
        report["gradient"] = gradients.worst.difference
        report["small_gradients"] = gradients.small
        if arguments.contains("--all") { report["all"] = gradients.differences }
        let data = try JSONSerialization.data(withJSONObject: report, options: [.sortedKeys])
        print(String(decoding: data, as: UTF8.self))
    }

    private static func fineTuning(_ directory: String) throws -> ([String: Any], GoldenGradients) {
        var model = try GoldenModel(directory: directory)
        let answer = model.run(trainable: .everything)
        var logits = 0.0
        var loss = 0.0
        for index in 0..<model.count {
            logits = max(
                logits,
                relativeDifference(answer.logits[index], try model.golden.floats("logits.\(index)")))
            loss = max(
                loss, relativeDifference([answer.losses[index]], try model.golden.floats("loss.\(index)")))
        }
        let gradients = try model.store.compareGradients(
            with: model.golden, dividedBy: Double(model.count))
        let expected = try model.golden.doubles("trajectory")
        let found = model.trajectory(
            updates: expected.count - 1,
            learningRate: Double(model.golden.metadata["learning_rate"] ?? "") ?? 1e-3)
        return (
            ["logits": logits, "loss": loss, "trajectory": largestRelative(found, expected)], gradients
        )
    }

    private static func pretraining(_ directory: String) throws -> ([String: Any], GoldenGradients) {
        var model = try GoldenPretraining(directory: directory)
        let terms = try model.compareTerms()
        let frames = model.run().maskedFrames
        let gradients = try model.store.compareGradients(with: model.golden, dividedBy: frames)
        return (
            [
                "terms": terms, "masked_frames": frames, "found": model.trajectory(),
                "expected": try model.golden.doubles("trajectory"),
            ], gradients
        )
    }

    static func largestRelative(_ found: [Double], _ expected: [Double]) -> Double {
        zip(found, expected).reduce(0.0) { max($0, abs($1.0 - $1.1) / abs($1.1)) }
    }
}
