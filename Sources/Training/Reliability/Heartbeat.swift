internal import Foundation

/// What a rank's watchdog last wrote of it: a line in a small file of its own in the run directory.
package struct Heartbeat: Sendable, Codable, Equatable {
    /// How often it has been written: one that stands still is of a rank that stands still.
    package var count = 0
    package var rank: Int
    package var host: String
    package var process: Int32
    package var phase: String
    package var update: Int
    /// Seconds that the rank has been in this phase.
    package var phaseSeconds: Double
    /// The collective that the rank waits in, if it does, and the seconds it has waited.
    package var operation: String?
    package var waitSeconds = 0.0
    /// Seconds since 1970, by the rank's own clock.
    package var wall: Double

    /// Where a rank's heartbeat lies.
    package static func path(_ directory: RunDirectory, rank: Int) -> String {
        "\(directory.ranks)/\(rank).json"
    }

    /// Puts the heartbeat in place of the one before; a disk that is full keeps that one.
    package func write(to directory: RunDirectory) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let data = try? encoder.encode(self) else { return }
        let path = Self.path(directory, rank: rank)
        try? data.write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    /// The heartbeat of a rank; nil if there is none, or none that can be read.
    package static func read(_ directory: RunDirectory, rank: Int) -> Heartbeat? {
        guard let data = FileManager.default.contents(atPath: path(directory, rank: rank)),
            data.count < 4096
        else { return nil }
        return try? JSONDecoder().decode(Heartbeat.self, from: data)
    }

    /// What the rank was doing, as part of a sentence.
    var doing: String {
        operation.map { "waiting in \($0)" } ?? (update > 0 ? "update \(update), \(phase)" : phase)
    }
}
