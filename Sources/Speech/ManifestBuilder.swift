internal import Files
internal import Program

/// Shared by the readers of all formats: they add utterances and faults line by line; in the end missing
/// durations are read from the recordings' headers.
struct ManifestBuilder {
    private let path: String
    private let options: Manifest.Reading
    private var entries: [Entry] = []
    private var faults: [Fault] = []
    private var order = 0

    private struct Entry {
        var utterance: Utterance
        let place: String
        let order: Int
        /// Frames at the recording's own rate, if the manifest counts those.
        let frames: Int?
    }

    private struct Fault {
        let order: Int
        let sentence: String
    }

    init(_ path: String, _ options: Manifest.Reading) {
        self.path = path
        self.options = options
    }

    /// Adds an utterance; a duration of 0 means that the manifest states none.
    mutating func add(_ utterance: Utterance, at place: String, frames: Int? = nil) {
        entries.append(Entry(utterance: utterance, place: place, order: order, frames: frames))
        order += 1
    }

    /// Adds a fault at a place.
    mutating func refuse(_ place: String, _ sentence: String) {
        faults.append(Fault(order: order, sentence: "\(place): \(sentence)"))
        order += 1
    }

    /// The utterances.
    ///
    /// - Throws: `ManifestError` with all faults, in the order of the lines.
    consuming func utterances() throws(ManifestError) -> [Utterance] {
        if options.measuresDurations { measure() }
        guard faults.isEmpty else {
            throw ManifestError(path, faults.sorted { $0.order < $1.order }.map(\.sentence))
        }
        return entries.map(\.utterance)
    }

    private mutating func measure() {
        let unknown = entries.indices.filter { entries[$0].utterance.durationSeconds == 0 }
        let headers = audioInfos(
            paths: unknown.map { entries[$0].utterance.audioPath }, progress: options.progress)
        for (index, header) in zip(unknown, headers) {
            let entry = entries[index]
            switch header {
            case .success(let info) where info.frames == 0:
                let fault = AudioError(path: entry.utterance.audioPath, fault: "holds no audio")
                faults.append(Fault(order: entry.order, sentence: "\(entry.place): \(fault)"))
            case .success(let info):
                entries[index].utterance.durationSeconds =
                    entry.frames.map { Double($0) / Double(info.sampleRate) } ?? info.seconds
            case .failure(let fault):
                faults.append(Fault(order: entry.order, sentence: "\(entry.place): \(fault)"))
            }
        }
    }
}

/// Why a line is not a valid utterance.
struct LineFault: Error {
    let sentence: String

    init(_ sentence: String) { self.sentence = sentence }
}

extension Double {
    /// Whether this can be a recording's length in seconds.
    var isDuration: Bool { self > 0 && isFinite }
}
