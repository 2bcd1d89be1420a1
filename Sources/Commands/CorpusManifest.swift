internal import Foundation
internal import JSON
internal import Program
internal import Recipe
internal import Speech
internal import Studies
internal import Synchronization
internal import Tasks
internal import Text
internal import Training

extension CorpusArguments {
    /// The file or folder, without a format's name before it.
    var file: String { CorpusFormat.parse(source).path }

    /// Whether it holds labelled texts, and no speech.
    var isText: Bool { format == nil && TextCorpus.isTextCorpus(source) }

    /// Reads the corpus.
    func manifest(measuringDurations: Bool = true) throws -> Manifest {
        let progress = CorpusProgress("headers of \(source)")
        return try Manifest(
            path: format.map { "\($0.rawValue):\(source)" } ?? source, labels: labels,
            measuresDurations: measuringDurations, progress: { progress.report($0, $1) })
    }
}

/// Reports progress on standard error every few seconds, from any thread.
final class CorpusProgress: Sendable {
    private let name: String
    // A class because several threads report to it.
    private let last = Mutex(monotonicSeconds())

    init(_ name: String) { self.name = name }

    /// Reports how much is done, unless it did so just now.
    func report(_ done: Int, _ total: Int) {
        let isDue = last.withLock { last in
            let now = monotonicSeconds()
            guard now - last > 5 else { return false }
            last = now
            return true
        }
        if isDue { FileHandle.standardError.write(Data("\(name): \(done) of \(total)\n".utf8)) }
    }
}

/// How a written manifest names its recordings.
enum AudioPaths: String, Sendable, CaseIterable {
    /// From the root of the file system.
    case absolute
    /// From the manifest's folder, so that both can be moved together.
    case relative
}

/// Utterances as the lines of a JSONL manifest to be written into a folder.
func manifestText(_ utterances: [Utterance], folder: String, paths: AudioPaths) -> Data {
    // Symbolic links are resolved, since `..` leads out of a link's target.
    let folder = URL(fileURLWithPath: folder.isEmpty ? "." : folder).resolvingSymlinksInPath().path
    var text = ""
    for utterance in utterances {
        let absolute = URL(fileURLWithPath: utterance.audioPath).standardizedFileURL.path
        let path =
            paths == .absolute
            ? absolute
            : relativePath(
                URL(fileURLWithPath: utterance.audioPath).resolvingSymlinksInPath().path, from: folder)
        text += utterance.json(audioPath: path).line + "\n"
    }
    return Data(text.utf8)
}

/// The relative path from a folder to a file, both absolute.
func relativePath(_ path: String, from folder: String) -> String {
    // Compared by bytes: folders whose names only look the same are different.
    let slash = UInt8(ascii: "/")
    let (target, start) = (path.utf8.split(separator: slash), folder.utf8.split(separator: slash))
    let common = zip(target, start).prefix { $0.elementsEqual($1) }.count
    let up = [String](repeating: "..", count: start.count - common)
    return (up + target[common...].map { String(Substring($0)) }).joined(separator: "/")
}

extension Utterance {
    /// The utterance as a manifest's line.
    func json(audioPath: String) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("id", .string(id)), .init("audio_filepath", .string(audioPath)),
        ]
        if let segment { members.append(.init("offset", .number(segment.lowerBound))) }
        if let channels {
            let numbers = channels.map(JSONValue.integer)
            members.append(.init("channel", numbers.count == 1 ? numbers[0] : .array(numbers)))
        }
        members.append(.init("duration", .number(durationSeconds)))
        members.append(.init("text", .string(text)))
        for (key, value) in [("phones", phones), ("language", language), ("speaker", speaker)] {
            if let value { members.append(.init(key, .string(value))) }
        }
        return .object(members)
    }
}
