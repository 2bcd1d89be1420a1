internal import Files

/// Formats of corpora on disk.
public enum CorpusFormat: String, Sendable, Codable, CaseIterable {
    /// One JSON object per line: NeMo's, Hugging Face's and ours.
    case jsonLines = "jsonl"
    /// fairseq's `.tsv`, with `.ltr`, `.wrd` or `.phn` beside it.
    case fairseq
    /// A LibriSpeech tree.
    case libriSpeech = "librispeech"
    /// A table of Common Voice, with `clips/` beside it.
    case commonVoice = "common_voice"
    /// A Kaldi data directory.
    case kaldi
    /// A Hugging Face `audiofolder`: audio with `metadata.csv` or `metadata.jsonl`.
    case audioFolder = "audiofolder"
    /// A CSV file with a header (RFC 4180).
    case csv
    /// SpeechBrain's CSV.
    case speechBrain = "speechbrain"
    /// flashlight's list.
    case flashlight

    /// Splits `FORMAT:PATH`; without a format's name, everything is the path.
    ///
    /// An existing file of that name takes precedence.
    package static func parse(_ source: String) -> (format: CorpusFormat?, path: String) {
        guard let colon = source.utf8.firstIndex(of: UInt8(ascii: ":")), !exists(source),
            let format = CorpusFormat(rawValue: String(source[..<colon]))
        else { return (nil, source) }
        return (format, String(source[source.utf8.index(after: colon)...]))
    }

    /// The format of a corpus, from its shape on disk, its name and its header.
    ///
    /// - Throws: `ManifestError` for a folder of unknown kind, with what to name instead.
    static func detect(_ path: String) throws(ManifestError) -> CorpusFormat {
        guard exists(path) else { throw ManifestError(path, ["no such file or folder"]) }
        if isFolder(path) { return try detect(folder: path) }
        switch fileExtension(of: path) {
        case "tsv":
            let columns = firstLine(of: path).pieces { $0 == UInt8(ascii: "\t") }
            return columns.contains("path") && columns.contains("sentence") ? .commonVoice : .fairseq
        case "csv":
            let columns = csvFields(of: firstLine(of: path))
            return columns.contains("ID") && columns.contains("wav") ? .speechBrain : .csv
        case "lst": return .flashlight
        case let name? where audioExtensions.contains(name):
            throw ManifestError(path, ["is a recording, not a list of recordings"])
        case "parquet", "arrow":
            throw ManifestError(
                path, ["is not supported; save the data set's paths and texts as CSV or JSONL"])
        default: return .jsonLines
        }
    }

    /// Refuses a folder where the format is a file's, and a file where it is a folder's.
    func checkKind(of path: String) throws(ManifestError) {
        guard exists(path) else { throw ManifestError(path, ["no such file or folder"]) }
        switch self {
        case .libriSpeech, .kaldi, .audioFolder:
            guard !isFolder(path) else { return }
            throw ManifestError(path, ["is a file, not a folder, which the format \(rawValue) is read from"])
        case .jsonLines, .fairseq, .commonVoice, .csv, .speechBrain, .flashlight:
            guard isFolder(path) else { return }
            throw ManifestError(path, ["is a folder, not a file, which the format \(rawValue) is read from"])
        }
    }

    private static func detect(folder: String) throws(ManifestError) -> CorpusFormat {
        if exists(folder + "/wav.scp") { return .kaldi }
        if audioFolderMetadata(of: folder) != nil { return .audioFolder }
        if exists(folder + "/clips") && exists(folder + "/validated.tsv") {
            throw ManifestError(
                folder, ["a Common Voice folder: name one of its tables, such as \(folder)/train.tsv"])
        }
        if exists(folder + "/train/wav.scp") || audioFolderMetadata(of: folder + "/train") != nil {
            throw ManifestError(folder, ["holds several sets: name one of them, such as \(folder)/train"])
        }
        return .libriSpeech
    }
}

/// A file name's extension, in lower case; nil if there is none.
func fileExtension(of path: String) -> String? {
    let name = path.utf8.split(separator: UInt8(ascii: "/")).last ?? path.utf8[...]
    guard let dot = name.lastIndex(of: UInt8(ascii: ".")) else { return nil }
    return String(Substring(name[name.index(after: dot)...])).lowercased()
}
