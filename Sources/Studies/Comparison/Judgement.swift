internal import Checkpoints
internal import Foundation
internal import Tasks

/// The outcomes of a run's final model on test data, example by example: `test.json` in the run's folder.
struct Judgement: Sendable, Codable {
    /// The data.
    let data: String
    let outcomes: ExampleOutcomes

    init(data: String, outcomes: ExampleOutcomes) {
        (self.data, self.outcomes) = (data, outcomes)
    }

    /// Reads a folder's outcomes on the data; nil if there are none, or for other data.
    init?(folder: String, data: String) {
        guard let content = FileManager.default.contents(atPath: Self.path(folder)),
            let found = try? JSONDecoder().decode(Self.self, from: content), found.data == data
        else { return nil }
        self = found
    }

    /// Writes it into a run's folder.
    func write(to folder: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write(encoder.encode(self), to: Self.path(folder))
    }

    private static func path(_ folder: String) -> String { folder + "/test.json" }
}
