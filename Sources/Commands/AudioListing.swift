internal import Speech

/// The recordings that a command was given as files, folders and manifests.
struct AudioListing: Codable {
    /// The recordings, in the order in which they were named.
    private(set) var utterances: [Utterance] = []
    /// What of the names leads to no recording, a sentence each.
    private(set) var faults: [String] = []
    /// Whether one file was named, and nothing else.
    private(set) var isSingle = false

    /// Lists what was named: a file of audio for itself, a folder for all recordings in it, a manifest for its lines.
    init(_ names: [String]) {
        for name in names { add(name) }
        isSingle = names.count == 1 && utterances.count == 1 && utterances[0].origin.isEmpty
    }

    private mutating func add(_ name: String) {
        guard Manifest.isCorpus(name) else {
            utterances.append(
                Utterance(id: name, audioPath: name, durationSeconds: 0, text: "", origin: ""))
            return
        }
        do {
            utterances += try Manifest(path: name, labels: nil, measuresDurations: false).utterances
        } catch {
            faults.append("\(error)")
        }
    }

    /// Whether an utterance came from a list that names it otherwise than by its file.
    func isNamed(_ utterance: Utterance) -> Bool {
        !utterance.origin.isEmpty && !utterance.audioPath.hasBytes(of: utterance.id)
            && (utterance.segment != nil || utterance.channels != nil
                || !isTail(utterance.id, of: utterance.audioPath))
    }

    /// What stands before an utterance's text: its file, or its name where the file holds several.
    func name(of utterance: Utterance) -> String { isNamed(utterance) ? utterance.id : utterance.audioPath }

    private func isTail(_ name: String, of path: String) -> Bool {
        path.utf8.suffix(name.utf8.count).elementsEqual(name.utf8)
    }
}
