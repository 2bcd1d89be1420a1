internal import Files
internal import Foundation

/// How a corpus lies on disk.
public enum CorpusFormat: String, Sendable, Codable, CaseIterable {
    /// A JSON object a line: NeMo's, Hugging Face's and ours.
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

    /// Splits `FORMAT:PATH`; without a format's name before it, all is the path.
    ///
    /// A file that is really called so is taken for the file.
    static func parse(_ source: String) -> (format: CorpusFormat?, path: String) {
        guard let colon = source.firstIndex(of: ":"), !exists(source),
            let format = CorpusFormat(rawValue: String(source[..<colon]))
        else { return (nil, source) }
        return (format, String(source[source.index(after: colon)...]))
    }

    /// The format of a corpus, from its shape on disk, its name and its header.
    ///
    /// - Throws: `ManifestError` for a folder that is none of those known, with what to name instead.
    static func detect(_ path: String) throws(ManifestError) -> CorpusFormat {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw ManifestError(path, ["no such file or folder"])
        }
        if isDirectory.boolValue { return try detect(folder: path) }
        switch path.split(separator: "/").last?.split(separator: ".").last?.lowercased() {
        case "tsv":
            let columns = firstLine(of: path).split(separator: "\t")
            return columns.contains("path") && columns.contains("sentence") ? .commonVoice : .fairseq
        case "csv":
            let columns = firstLine(of: path).split(separator: ",").map { $0.drop(while: { $0 == " " }) }
            return columns.contains("ID") && columns.contains("wav") ? .speechBrain : .csv
        case "lst": return .flashlight
        case "parquet", "arrow":
            throw ManifestError(path, ["is not read; save the data set's paths and texts as CSV or JSONL"])
        default: return .jsonLines
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
