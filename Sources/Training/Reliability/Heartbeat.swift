internal import Foundation

/// A rank's state as last written by its watchdog: a line in a small file in the run directory.
package struct Heartbeat: Sendable, Codable, Equatable {
    /// How often it has been written; if this does not change, the rank is stuck.
    package var count = 0
    package var rank: Int
    package var host: String
    package var process: Int32
    package var phase: String
    package var update: Int
    /// Seconds that the rank has been in this phase.
    package var phaseSeconds: Double
    /// The collective that the rank waits in, if any, and the seconds it has waited.
    package var operation: String?
    package var waitSeconds = 0.0
    /// Seconds since 1970, by the rank's own clock.
    package var wall: Double

    /// The path of a rank's heartbeat.
    package static func path(_ directory: RunDirectory, rank: Int) -> String {
        "\(directory.ranks)/\(rank).json"
    }

    /// Replaces the previous heartbeat; on a full disk that one stays.
    package func write(to directory: RunDirectory) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let data = try? encoder.encode(self) else { return }
        let path = Self.path(directory, rank: rank)
        try? data.write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    /// A rank's heartbeat; nil if there is none or it cannot be read.
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
