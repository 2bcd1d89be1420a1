internal import Speech

/// The recordings given to a command as files, folders and manifests.
struct AudioListing: Codable {
    /// The recordings, in the order given.
    private(set) var utterances: [Utterance] = []
    /// Names that lead to no recording, one sentence each.
    private(set) var faults: [String] = []
    /// Whether a single file was named.
    private(set) var isSingle = false

    /// Lists what was named: an audio file itself, all recordings in a folder, the lines of a manifest.
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

    /// Whether an utterance came from a list that names it differently from its file.
    func isNamed(_ utterance: Utterance) -> Bool {
        !utterance.origin.isEmpty && !utterance.audioPath.hasBytes(of: utterance.id)
            && (utterance.segment != nil || utterance.channels != nil
                || !isTail(utterance.id, of: utterance.audioPath))
    }

    /// What precedes an utterance's text: its file, or its name where the file holds several.
    func name(of utterance: Utterance) -> String { isNamed(utterance) ? utterance.id : utterance.audioPath }

    private func isTail(_ name: String, of path: String) -> Bool {
        path.utf8.suffix(name.utf8.count).elementsEqual(name.utf8)
    }
}
