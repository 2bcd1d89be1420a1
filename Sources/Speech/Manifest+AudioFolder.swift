internal import Files

/// The file with an `audiofolder`'s texts, or nil.
func audioFolderMetadata(of folder: String) -> String? {
    ["metadata.csv", "metadata.jsonl"].map { "\(folder)/\($0)" }.first(where: exists)
}

/// Reads a Hugging Face `audiofolder`: recordings with `metadata.csv` or `metadata.jsonl`, whose `file_name` is
/// relative to the folder and stays in it.
func readAudioFolder(_ path: String, _ options: Manifest.Reading) throws(ManifestError) -> [Utterance] {
    guard let metadata = audioFolderMetadata(of: path) else {
        throw ManifestError(
            path, ["has neither metadata.csv nor metadata.jsonl, which give an audiofolder its texts"])
    }
    let audioPath = { (name: String) -> Result<String, LineFault> in
        staysInside(name)
            ? .success(resolve(name, besides: metadata))
            : .failure(LineFault("\(name) leads out of the folder; an audiofolder holds its recordings"))
    }
    return metadata.hasSuffix(".csv")
        ? try readCSV(metadata, options, audioPath: audioPath)
        : try readJSONLines(metadata, options, audioPath: audioPath)
}
