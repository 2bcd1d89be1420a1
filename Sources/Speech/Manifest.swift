public import Files

/// A list of utterances, read from its original place.
public struct Manifest: Sendable {
    /// The file or folder.
    public let path: String
    /// How it was read.
    public let format: CorpusFormat
    /// The utterances, in the order of the file.
    public var utterances: [Utterance]
}

/// Everything wrong with a manifest, each fault with its line.
public typealias ManifestError = FileFaults

extension Manifest {
    /// The units of transcripts, which name fairseq's label files.
    public enum Labels: String, Sendable, Codable, CaseIterable {
        /// Letters; words are separated by spaces in the text and by `|` in fairseq's `.ltr`.
        case letters
        /// Phones separated by spaces.
        case phones
    }

    /// What is requested from a manifest.
    struct Reading: Sendable {
        /// nil requests only the audio.
        var labels: Labels?
        var measuresDurations: Bool
        var progress: (@Sendable (Int, Int) -> Void)?
    }

    /// Reads a corpus.
    ///
    /// - Parameters:
    ///   - source: A file or folder, with its format recognised by shape, name and header; or `FORMAT:PATH`.
    ///   - labels: The units of texts, if a corpus has both words and phones. With nil only the audio is
    ///     requested: texts may be missing, and any folder of recordings is a corpus.
    ///   - measuresDurations: Whether missing durations are read from the recordings' headers; else they are
    ///     0.
    ///   - progress: Called from any thread with the number of headers read and the total.
    /// - Throws: `ManifestError` with every broken line.
    public init(
        path source: String, labels: Labels? = .letters, measuresDurations: Bool = true,
        progress: (@Sendable (Int, Int) -> Void)? = nil
    ) throws(ManifestError) {
        let (stated, path) = CorpusFormat.parse(source)
        if let stated {
            try stated.checkKind(of: path)
            format = stated
        } else {
            format = try CorpusFormat.detect(path)
        }
        self.path = path
        let options = Reading(labels: labels, measuresDurations: measuresDurations, progress: progress)
        utterances =
            switch format {
            case .jsonLines: try readJSONLines(path, options)
            case .fairseq: try readFairseq(path, options)
            case .libriSpeech where labels == nil: try readRecordings(path, options)
            case .libriSpeech: try readLibriSpeech(path, options)
            case .commonVoice: try readCommonVoice(path, options)
            case .kaldi: try readKaldi(path, options)
            case .audioFolder: try readAudioFolder(path, options)
            case .csv: try readCSV(path, options)
            case .speechBrain: try readSpeechBrain(path, options)
            case .flashlight: try readFlashlight(path, options)
            }
        guard !utterances.isEmpty else { throw ManifestError(path, ["has no utterances"]) }
        try refuseDuplicates()
    }

    /// Whether a name is that of a list or folder of recordings, not of a recording itself.
    public static func isCorpus(_ source: String) -> Bool {
        let (stated, path) = CorpusFormat.parse(source)
        if stated != nil || isFolder(path) { return true }
        return ["jsonl", "json", "tsv", "csv", "lst"].contains(fileExtension(of: path) ?? "")
    }

    private func refuseDuplicates() throws(ManifestError) {
        var seen: [[UInt8]: String] = [:]
        var faults: [String] = []
        for utterance in utterances {
            if let first = seen.updateValue(utterance.origin, forKey: utterance.id.bytes) {
                faults.append("\(utterance.origin): utterance \(utterance.id) is already at \(first)")
            }
        }
        guard faults.isEmpty else { throw ManifestError(path, faults) }
    }
}
