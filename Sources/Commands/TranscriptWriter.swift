internal import Checkpoints
internal import Foundation
internal import JSON
internal import Program
internal import Tasks

/// Writes transcripts, recording by recording: to standard output, or each to its own file.
struct TranscriptWriter {
    private let format: TranscriptFormat
    private let folder: String?
    private let isSingle: Bool

    /// A writer of the requested format.
    ///
    /// - Throws: `UserError` if subtitles of several recordings would be concatenated, or files would be
    ///   lost.
    ///
    /// - Parameters:
    ///   - names: What the recordings are called.
    ///   - isSingle: Whether a single recording was requested, whose text needs no name.
    init(_ options: Transcribe, names: [String], isSingle: Bool) throws {
        format = options.writtenFormat
        folder = options.output
        self.isSingle = isSingle
        guard format.isJoinable || isSingle || folder != nil else {
            throw UserError(
                .usage,
                "--format \(format.rawValue) for several recordings needs --output, a folder for one file each"
            )
        }
        guard let folder else { return }
        var paths: Set<String> = []
        for audio in names {
            let path = path(of: audio, in: folder)
            guard paths.insert(path).inserted else {
                throw UserError(
                    .usage, "two recordings would be written to \(path); give them different names")
            }
            guard !FileManager.default.fileExists(atPath: path) else {
                throw UserError(
                    .usage, "\(path) exists; nothing is replaced. Move it away, or name another --output")
            }
        }
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw UserError(.usage, "--output \(folder) cannot be created: \(error.localizedDescription)")
        }
    }

    /// Writes the transcript of a recording.
    ///
    /// - Parameter members: Its further JSON members.
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
