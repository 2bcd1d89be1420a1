internal import Foundation
internal import JSON
internal import Preflight
internal import Program
package import Session
internal import Tasks
internal import Training

/// Options of `parp bench load`.
package struct LoadBenchmarkOptions: Sendable {
    /// A model directory or a fairseq checkpoint.
    package var model: String
    /// How often it is loaded.
    package var repeats: Int
    /// Whether one JSON object is printed instead of a sentence.
    package var json: Bool

    /// What to load, and how often.
    package init(model: String, repeats: Int = 5, json: Bool = false) {
        self.model = model
        self.repeats = repeats
        self.json = json
    }
}

/// Measures how long a stored model takes to load into untouched memory.
package func runLoadBenchmark(_ options: LoadBenchmarkOptions, session: Session) throws {
    var seconds: [Double] = []
    var weights = 0
    try session.together {
        for _ in 0..<options.repeats {
            let start = monotonicSeconds()
            weights = try loadStoredModel(options.model)
            seconds.append(monotonicSeconds() - start)
        }
    }
    guard session.isRoot else { return }
    let median = seconds.sorted()[seconds.count / 2]
    if options.json {
        print(
            JSONValue.object([
                .init("weights", .integer(weights)), .init("median", .number(median)),
                .init("seconds", .array(seconds.map(JSONValue.number))),
            ]).line)
    } else {
        print(
            String(
                format: "%@: %d weights in %.3f s, median of %d; %.2f GB/s of float32", options.model,
                weights,
                median, seconds.count, Double(weights) * 4e-9 / median))
    }
}
