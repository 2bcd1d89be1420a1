internal import Foundation

/// A list of utterances, read from where it lies.
public struct Manifest: Sendable {
    /// The file or folder.
    public let path: String
    /// The utterances, in the order of the file.
    public var utterances: [Utterance]
}

/// Everything that is wrong with a manifest, each fault with its line.
public struct ManifestError: Error, CustomStringConvertible, Equatable {
    /// The file or folder.
    public let path: String
    /// What is wrong, one sentence a fault, with its place.
    public let faults: [String]

    /// A manifest's faults.
    public init(_ path: String, _ faults: [String]) {
        self.path = path
        self.faults = faults
    }

    /// All faults, at most twenty of them spelled out.
    public var description: String {
        let shown = faults.prefix(20).map { "  " + $0 }
        let rest = faults.count > 20 ? ["  and \(faults.count - 20) more"] : []
        let count = faults.count == 1 ? "1 fault" : "\(faults.count) faults"
        return (["\(path): \(count)"] + shown + rest).joined(separator: "\n")
    }
}

extension Manifest {
    /// What a transcript's tokens are, which names fairseq's label files.
    public enum Labels: String, Sendable, Codable, CaseIterable {
        /// Letters; words are separated by spaces in the text and by `|` in fairseq's `.ltr`.
        case letters
        /// Phones separated by spaces.
        case phones
    }

    /// Reads a manifest, finding its kind from its name: a JSONL file, a fairseq `.tsv`, or a LibriSpeech
    /// tree.
    ///
    /// - Throws: `ManifestError` with every broken line.
    public init(path: String, labels: Labels = .letters) throws(ManifestError) {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw ManifestError(path, ["no such file or folder"])
        }
        self.path = path
        if isDirectory.boolValue {
            utterances = try readLibriSpeech(path)
        } else if path.hasSuffix(".tsv") {
            utterances = try readFairseq(path, labels: labels)
        } else {
            utterances = try readJSONLines(path)
        }
        guard !utterances.isEmpty else { throw ManifestError(path, ["holds no utterance"]) }
        try refuseDuplicates()
    }

    /// Reads a manifest for its audio alone: transcripts may be missing, and a folder of audio files needs none.
    ///
    /// - Throws: `ManifestError` with every broken line.
    public init(audioOf path: String) throws(ManifestError) {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw ManifestError(path, ["no such file or folder"])
        }
        self.path = path
        if isDirectory.boolValue {
            utterances = try readAudioFolder(path)
        } else if path.hasSuffix(".tsv") {
            utterances = try readFairseq(path, labels: nil)
        } else {
            utterances = try readJSONLines(path)
        }
        guard !utterances.isEmpty else { throw ManifestError(path, ["holds no utterance"]) }
        try refuseDuplicates()
    }

    private func refuseDuplicates() throws(ManifestError) {
        var seen: [String: String] = [:]
        var faults: [String] = []
        for utterance in utterances {
            if let first = seen.updateValue(utterance.origin, forKey: utterance.id) {
                faults.append("\(utterance.origin): utterance \(utterance.id) stands already at \(first)")
            }
        }
        guard faults.isEmpty else { throw ManifestError(path, faults) }
    }
}

/// The lines of a text file, refusing what is not UTF-8 with the line it stands in.
func textLines(of path: String) throws(ManifestError) -> [String] {
    guard var data = FileManager.default.contents(atPath: path) else {
        throw ManifestError(path, ["cannot be read"])
    }
    // Editors on Windows begin a file with a byte order mark, which belongs to no line.
    if data.starts(with: [0xEF, 0xBB, 0xBF]) { data.removeFirst(3) }
    var lines: [String] = []
    var faults: [String] = []
    for (index, line) in data.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
        let bytes = line.last == 0x0D ? line.dropLast() : line
        if let text = String(validating: bytes, as: UTF8.self) {
            lines.append(text)
        } else {
            faults.append("line \(index + 1): invalid UTF-8")
        }
    }
    guard faults.isEmpty else { throw ManifestError(path, faults) }
    if lines.last == "" { lines.removeLast() }
    return lines
}

/// A path as it stands in a manifest, which is relative to the manifest's folder.
func resolve(_ path: String, besides manifest: String) -> String {
    guard !path.hasPrefix("/") else { return path }
    return URL(fileURLWithPath: manifest).deletingLastPathComponent().appendingPathComponent(path).path
}
