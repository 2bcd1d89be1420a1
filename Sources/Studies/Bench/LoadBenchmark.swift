internal import Foundation
internal import JSON
internal import Preflight
internal import Program
package import Session
internal import Tasks
internal import Training

/// Measures how long a stored model takes to load into untouched memory.
///
/// - Parameters:
///   - model: A model directory or a fairseq checkpoint.
///   - json: Whether one JSON object is printed instead of a sentence.
package func runLoadBenchmark(model: String, repeats: Int, json: Bool, session: Session) throws {
    var seconds: [Double] = []
    var weights = 0
    try session.together {
        for _ in 0..<repeats {
            let start = monotonicSeconds()
            weights = try loadStoredModel(model)
            seconds.append(monotonicSeconds() - start)
        }
    }
    guard session.isRoot else { return }
    let median = seconds.sorted()[seconds.count / 2]
    if json {
        print(
            JSONValue.object([
                .init("weights", .integer(weights)), .init("median", .number(median)),
                .init("seconds", .array(seconds.map(JSONValue.number))),
            ]).line)
    } else {
        print(
            String(
                format: "%@: %d weights in %.3f s, median of %d; %.2f GB/s of float32", model,
                weights,
                median, seconds.count, Double(weights) * 4e-9 / median))
    }
}
