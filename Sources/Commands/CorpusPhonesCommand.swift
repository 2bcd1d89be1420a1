internal import Files
internal import Foundation
internal import Session
internal import Speech
internal import Tasks
internal import Training

/// Options of `parp corpus phones`.
struct CorpusPhonesOptions: Sendable {
    /// The corpus.
    var source: CorpusSource
    /// The manifest to write.
    var output: String
    /// How the manifest names the recordings.
    var paths: AudioPaths
    /// espeak-ng's voice for all utterances; nil uses each utterance's stated language.
    var language: String?
    /// Whether stress marks are kept before their phones.
    var keepsStress: Bool
    /// Whether an existing file is replaced.
    var overwrites = false

    /// What to label, and where to write it.
    init(
        source: CorpusSource, output: String, paths: AudioPaths = .absolute, language: String? = nil,
        keepsStress: Bool = false
    ) {
        self.source = source
        self.output = output
        self.paths = paths
        self.language = language
        self.keepsStress = keepsStress
    }
}

/// Writes a manifest with `phones` for each text, as pronounced by espeak-ng.
func runCorpusPhones(_ options: CorpusPhonesOptions, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        try OutputPlace(
            options.output, reading: [options.source.file], overwrites: options.overwrites
        ).requireFreeForFile()
        let phonemizer = try Phonemizer(keepsStress: options.keepsStress)
        let manifest = try options.source.manifest()
        var utterances = manifest.utterances
        var faults: [String] = []
        let byLanguage = Dictionary(grouping: utterances.indices) {
            options.language ?? utterances[$0].language ?? ""
        }
        for (language, items) in byLanguage.sorted(by: { $0.key < $1.key }) {
            guard !language.isEmpty else {
                faults += items.map {
                    "\(utterances[$0].origin): no language is stated; give one with --language"
                }
                continue
            }
            let phones = try phonemizer.phones(of: items.map { utterances[$0].text }, language: language)
            for (item, phones) in zip(items, phones) {
                utterances[item].phones = phones
                guard phones.isEmpty else { continue }
                faults.append("\(utterances[item].origin): espeak-ng finds no phones in its text")
            }
        }
        guard faults.isEmpty else { throw ManifestError(manifest.path, faults) }
        try writeManifest(utterances, to: options.output, paths: options.paths)
        let distinct = Set(utterances.lazy.flatMap { ($0.phones ?? "").split(separator: " ") }).count
        print("\(distinct) phones; train on them with data.labels = \"phones\"")
    }
}
