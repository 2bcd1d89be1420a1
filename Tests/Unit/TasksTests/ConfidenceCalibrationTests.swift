import Foundation
import Program
import TestSupport
import Testing

@testable import Tasks

struct ConfidenceCalibrationTests {
    typealias Word = ConfidenceCalibration.Word

    /// Words of which a model is as sure as `confidence` says, and that are right so often.
    private func words(_ groups: [(confidence: Double, right: Int, of: Int)]) -> [Word] {
        groups.flatMap { group in
            (0..<group.of).map { Word(confidence: group.confidence, isRight: $0 < group.right) }
        }
    }

    @Test("a model that is too sure is told how often it is right, and the surer word stays the surer one")
    func tooSure() throws {
        let heard = words([(0.7, 20, 100), (0.9, 40, 100), (0.99, 80, 100)])
        let calibration = try #require(ConfidenceCalibration(fittedTo: heard))
        for (confidence, share) in [(0.7, 0.2), (0.9, 0.4), (0.99, 0.8)] {
            // A curve of two numbers through three points.
            #expect(abs(calibration.calibrated(confidence) - share) < 0.05)
        }
        let after = heard.map { Word(confidence: calibration.calibrated($0.confidence), isRight: $0.isRight) }
        #expect(ConfidenceCalibration.expectedError(heard) > 0.35)
        #expect(ConfidenceCalibration.expectedError(after) < 0.05)
        #expect(calibration.slope > 0 && calibration.calibrated(1) < 1 && calibration.calibrated(0) > 0)
    }

    @Test("what is right as often as it is said to be stays as it is")
    func calibratedAlready() throws {
        let heard = words([(0.25, 250, 1000), (0.5, 500, 1000), (0.75, 750, 1000)])
        let calibration = try #require(ConfidenceCalibration(fittedTo: heard))
        #expect(abs(calibration.slope - 1) < 0.01 && abs(calibration.offset) < 0.01)
        #expect(ConfidenceCalibration.expectedError(heard) < 1e-9)
    }

    @Test("few words fit nothing, and where all are right it stays finite")
    func extremes() throws {
        #expect(ConfidenceCalibration(fittedTo: words([(0.5, 10, 19)])) == nil)
        let calibration = try #require(
            ConfidenceCalibration(fittedTo: words([(0.5, 50, 50), (0.9, 50, 50)])))
        #expect((0.9...1).contains(calibration.calibrated(0.9)))
    }

    @Test("a directory keeps it, and one that is broken is refused by name")
    func files() throws {
        let folder = try TemporaryFolder()
        let directory = "\(folder.path)/model"
        try FileManager.default.copyItem(
            atPath: "\(repository)/Tests/Golden/models/tiny-stable", toPath: directory)
        let model = try SpeechModel.fineTuned(path: directory)
        #expect(try ConfidenceCalibration(of: model) == nil)
        let calibration = try #require(
            ConfidenceCalibration(fittedTo: words([(0.7, 20, 100), (0.9, 40, 100)])))
        try calibration.write(into: directory, words: 200)
        #expect(try ConfidenceCalibration(of: model) == calibration)
        for text in ["{}", "{\"slope\": \"1\", \"offset\": 0}", "{\"slope\": 1e9, \"offset\": 0}", "["] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(directory)/confidence.json"))
            let fault = #expect(throws: (any Error).self) { try ConfidenceCalibration(of: model) }
            #expect("\(fault.map { "\($0)" } ?? "")".contains("confidence.json"), "\(text)")
        }
    }
}
