internal import Foundation
internal import JSON
internal import Program
internal import Recipe
internal import Speech
internal import Studies
internal import Synchronization
internal import Tasks
internal import Training

/// The corpus that a `parp corpus` command works on.
struct CorpusSource: Sendable {
    /// A file or folder, or `FORMAT:PATH`.
    var path: String
    /// The file or folder.
    var file: String { CorpusFormat.parse(path).path }
    /// The format's name; nil detects it.
    var format: String?
    /// The units of texts: `letters` or `phones`.
    var labels: String

    /// Which corpus, and how to read it.
    init(path: String, format: String? = nil, labels: String = "letters") {
        self.path = path
        self.format = format
        self.labels = labels
    }

    /// The units of texts.
    func spelling() throws -> Manifest.Labels {
        guard let labels = Manifest.Labels(rawValue: labels) else {
            throw UserError(.usage, "--labels is \(labels); it must be \(Manifest.Labels.expectation)")
        }
        return labels
    }

    /// Reads the corpus.
    func manifest(measuringDurations: Bool = true) throws -> Manifest {
        var source = path
        if let format {
            guard let known = CorpusFormat(rawValue: format) else {
                let names = CorpusFormat.allCases.map(\.rawValue).joined(separator: ", ")
                throw UserError(.usage, "--format is \(format); it must be one of \(names)")
            }
            source = "\(known.rawValue):\(path)"
        }
        let progress = CorpusProgress("headers of \(path)")
        return try Manifest(
            path: source, labels: try spelling(), measuresDurations: measuringDurations,
            progress: { progress.report($0, $1) })
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
