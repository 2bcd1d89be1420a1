internal import Checkpoints
internal import Foundation
internal import Models
internal import Tensors
internal import TestSupport

/// Prints, as one JSON object, how far our answers lie from transformers' for a model directory.
///
/// Usage: ParityProbe MODEL_DIRECTORY [GOLDEN.safetensors]
@main
struct ParityProbe {
    static func main() throws {
        let arguments = CommandLine.arguments
        var model = try GoldenModel(
            directory: arguments[1], golden: arguments.count > 2 ? arguments[2] : nil)
        let golden = model.golden
        let answer = model.run(trainable: .everything)
        var logits = 0.0
        var loss = 0.0
        for index in 0..<model.count {
            logits = max(
                logits, relativeDifference(answer.logits[index], try golden.floats("logits.\(index)")))
            loss = max(
                loss, relativeDifference([answer.losses[index]], try golden.floats("loss.\(index)")))
        }
        var worst = (name: "", norm: 0.0)
        var gradients: [String: Double] = [:]
        // A gradient far below the largest is the difference of terms of the largest's size, and rounding
        // noise in both programs: PyTorch's own float32 differs there from its float64 by more than 1e-3.
        let floor = 1e-4 * model.largestGradientNorm
        var small = 0
        for slot in model.network.layout.slots where golden.info("gradient.\(slot.name)") != nil {
            let found = model.gradient(slot)
            let expected = try golden.floats("gradient.\(slot.name)")
            let scale = max(norm(expected), floor)
            let difference = norm(zip(found, expected).map { $0 - $1 }) / scale
            gradients[slot.name] = difference
            if scale == floor { small += 1 }
            if !(difference < worst.norm) { worst = (slot.name, difference) }
        }
        let expected = try golden.doubles("trajectory")
        let found = model.trajectory(
            updates: expected.count - 1,
            learningRate: Double(golden.metadata["learning_rate"] ?? "") ?? 1e-3)
        let trajectory = zip(found, expected).reduce(0.0) { max($0, abs($1.0 - $1.1) / abs($1.1)) }
        let report: [String: Any] = [
            "logits": logits, "loss": loss, "gradients": gradients.count, "worst_gradient": worst.name,
            "gradient": worst.norm, "trajectory": trajectory,
            "small_gradients": small,
            "all": arguments.contains("--all") ? gradients : [:],
        ]
        let data = try JSONSerialization.data(withJSONObject: report, options: [.sortedKeys])
        print(String(decoding: data, as: UTF8.self))
    }

    private static func norm(_ values: [Float]) -> Double {
        values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
}
