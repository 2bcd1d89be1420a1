internal import Checkpoints
internal import Foundation
internal import JSON
internal import Program
internal import Tasks

/// Writes what was heard, recording by recording: to standard output, or each into a file of its own.
struct TranscriptWriter {
    private let format: TranscriptFormat
    private let folder: String?
    private let isSingle: Bool

    /// A writer of the asked format.
    ///
    /// - Throws: `UserError` if subtitles of several recordings would stand one behind the other, or files would be lost.
    ///
    /// - Parameters:
    ///   - names: What the recordings are called.
    ///   - isSingle: Whether one recording was asked for, whose text needs no name.
    init(_ options: TranscribeOptions, names: [String], isSingle: Bool) throws {
        format = options.format
        folder = options.output
        self.isSingle = isSingle
        guard format.isJoinable || isSingle || folder != nil else {
            throw UserError(
                .usage,
                "--format \(format.rawValue) of several recordings needs --output, a folder for a file of each"
            )
        }
        guard let folder else { return }
        var paths: Set<String> = []
        for audio in names {
            let path = path(of: audio, in: folder)
            guard paths.insert(path).inserted else {
                throw UserError(.usage, "two recordings would be written to \(path); name them otherwise")
            }
            guard !FileManager.default.fileExists(atPath: path) else {
                throw UserError(
                    .usage, "\(path) exists; nothing is replaced. Take it away or name another --output")
            }
        }
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw UserError(.usage, "--output \(folder) cannot be made: \(error.localizedDescription)")
        }
    }

    /// Writes what was heard in a recording.
    ///
    /// - Parameter members: What a JSON line says of it besides.
    func write(
        _ recognition: Recognition, of audio: String, seconds: Double, members: [JSONValue.Member]
    ) throws {
        let text = format.written(recognition, recording: stem(audio), seconds: seconds, members: members)
        if let folder {
            try AtomicFile.write(Data(text.utf8), to: path(of: audio, in: folder))
        } else {
            print(format == .text && !isSingle ? "\(audio)\t\(text)" : text, terminator: "")
        }
    }

    private func path(of audio: String, in folder: String) -> String {
        "\(folder)/\(stem(audio)).\(format.fileExtension)"
    }

    private func stem(_ path: String) -> String {
        URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    }
}
