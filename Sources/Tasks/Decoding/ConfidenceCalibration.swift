internal import Checkpoints
internal import Foundation
internal import JSON
internal import Tensors

/// How often words are right of which a model is so sure: 1 / (1 + exp(−slope · logit(confidence) − offset)) (Platt, 1999).
///
/// Fitted to a development set; a model is trained to be sure of what it has seen.
package struct ConfidenceCalibration: Sendable, Equatable {
    /// A word that was heard: how sure the model was, and whether it was said.
    package struct Word: Sendable, Codable, Equatable {
        package let confidence: Double
        package let isRight: Bool

        /// A word.
        package init(confidence: Double, isRight: Bool) {
            (self.confidence, self.isRight) = (confidence, isRight)
        }
    }

    package let slope: Double
    package let offset: Double

    /// What is told instead of a model's own confidence.
    package func calibrated(_ confidence: Double) -> Double {
        1 / (1 + exp(-slope * Self.logit(confidence) - offset))
    }

    private static func logit(_ confidence: Double) -> Double {
        let held = min(max(confidence, 1e-4), 1 - 1e-4)
        return log(held / (1 - held))
    }
}

extension ConfidenceCalibration {
    /// The fewest words that one is fitted to.
    package static let leastWords = 20

    /// The likeliest calibration, by Newton's method; nil of too few words, or where no confidence tells right from wrong.
    ///
    /// Targets are Platt's, short of 0 and 1, so that it is finite where all is right.
    package init?(fittedTo words: [Word]) {
        guard words.count >= Self.leastWords else { return nil }
        let right = Double(words.count { $0.isRight })
        let (high, low) = ((right + 1) / (right + 2), 1 / (Double(words.count) - right + 2))
        let points = words.map { (x: Self.logit($0.confidence), target: $0.isRight ? high : low) }
        var (slope, offset) = (1.0, 0.0)
        for _ in 0..<100 {
            // Gradient and Hessian of the negative log-likelihood; a little is added to what is divided by.
            var (gradientSlope, gradientOffset) = (0.0, 0.0)
            var (slopeSlope, slopeOffset, offsetOffset) = (1e-9, 0.0, 1e-9)
            for point in points {
                let p = 1 / (1 + exp(-slope * point.x - offset))
                let (error, weight) = (p - point.target, p * (1 - p))
                gradientSlope += error * point.x
                gradientOffset += error
                slopeSlope += weight * point.x * point.x
                slopeOffset += weight * point.x
                offsetOffset += weight
            }
            let determinant = slopeSlope * offsetOffset - slopeOffset * slopeOffset
            let stepSlope = (offsetOffset * gradientSlope - slopeOffset * gradientOffset) / determinant
            let stepOffset = (slopeSlope * gradientOffset - slopeOffset * gradientSlope) / determinant
            guard stepSlope.isFinite, stepOffset.isFinite else { return nil }
            // Far from the best a whole step may go beyond it.
            let scale = min(1, 1 / max(abs(stepSlope), abs(stepOffset), 1e-30))
            slope -= scale * stepSlope
            offset -= scale * stepOffset
            if abs(stepSlope) + abs(stepOffset) < 1e-10 { break }
        }
        (self.slope, self.offset) = (slope, offset)
    }

    /// How far confidences lie from how often words are right, on average over words in ten bins (Guo et al., 2017).
    package static func expectedError(_ words: [Word]) -> Double {
        var gaps = [Double](repeating: 0, count: 10)
        for word in words {
            gaps[min(9, Int(10 * word.confidence))] += word.confidence - (word.isRight ? 1 : 0)
        }
        return gaps.reduce(0) { $0 + abs($1) } / Double(max(1, words.count))
    }
}

extension ConfidenceCalibration {
    /// Its name in a model directory.
    package static let name = "confidence.json"

    /// What a model directory has of it; nil if it has none.
    package init?(of model: SpeechModel) throws {
        let path = "\(model.source.path)/\(Self.name)"
        guard model.source.isDirectory, FileManager.default.fileExists(atPath: path) else { return nil }
        let bytes = try MappedBytes.file(path)
        guard bytes.count < 1 << 16, let value = try? JSONValue(parsing: Data(bytes.copy(0..<bytes.count))),
            let slope = value["slope"]?.double, let offset = value["offset"]?.double, slope.isFinite,
            offset.isFinite, abs(slope) < 1e6, abs(offset) < 1e6
        else {
            throw CheckpointError(
                path,
                "must have two numbers, \"slope\" and \"offset\"; `parp evaluate --calibrate` makes it anew")
        }
        (self.slope, self.offset) = (slope, offset)
    }

    /// Writes it into a model directory.
    ///
    /// - Parameter words: How many it was fitted to.
    package func write(into directory: String, words: Int) throws {
        let value = JSONValue.object([
            .init("slope", .number(slope)), .init("offset", .number(offset)), .init("words", .integer(words)),
        ])
        try AtomicFile.write(Data((value.text() + "\n").utf8), to: "\(directory)/\(Self.name)")
    }
}
