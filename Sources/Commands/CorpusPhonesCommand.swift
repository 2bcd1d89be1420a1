internal import Files
internal import Foundation
internal import Session
internal import Speech
internal import Tasks
internal import Training

/// Writes a manifest with `phones` for each text, as pronounced by espeak-ng.
func runCorpusPhones(_ options: CorpusPhones, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        try options.manifest.requireFree(reading: options.corpus)
        let phonemizer = try Phonemizer(keepsStress: options.keepStress)
        let manifest = try options.corpus.manifest()
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
        try options.manifest.write(utterances)
        let distinct = Set(utterances.lazy.flatMap { ($0.phones ?? "").split(separator: " ") }).count
        print("\(distinct) phones; train on them with data.labels = \"phones\"")
    }
}
