internal import Checkpoints
internal import Foundation
internal import Kernels
internal import Models
internal import Preflight
internal import Program
internal import Recipe
internal import Speech
internal import Tasks
internal import Text

/// What a corpus is checked against.
struct CorpusExpectations: Sendable {
    /// The tokens that transcripts may use; nil without a vocabulary to check against.
    let vocabulary: Vocabulary?
    /// Determines frames from samples.
    let configuration: Wav2Vec2Configuration
    /// The model's sample rate in Hz.
    let sampleRate: Int
    let labels: Manifest.Labels
    let preparation: TextPreparation
}

/// Facts about a corpus, and what a run would refuse.
struct CorpusReport {
    /// Why an utterance cannot be trained on.
    enum FaultKind: String {
        case unreadableAudio = "unreadable_audio"
        case emptyText = "empty_text"
        case outsideVocabulary = "outside_vocabulary"
        case tooShort = "too_short"
    }

    /// An utterance that cannot be trained on.
    struct Fault {
        let origin: String
        let kind: FaultKind
        let sentence: String
    }

    /// Counts of things, most frequent first.
    typealias Counts = [(name: String, count: Int)]

    private(set) var utterances = 0
    /// Seconds of each readable utterance, rising.
    private(set) var seconds: [Double] = []
    private(set) var secondsOfLanguage: [Name: Double] = [:]
    private(set) var secondsOfSpeaker: [Name: Double] = [:]
    private var sampleRateCounts: [Int: Int] = [:]
    private var channelCounts: [Int: Int] = [:]
    private var tokenCounts: [Name: Int] = [:]
    private var missingCounts: [Name: Int] = [:]
    /// Transcripts with characters outside the vocabulary, unchanged.
    private(set) var textsOutside: [String] = []
    private(set) var words = 0
    private var distinctWords: Set<[UInt8]> = []
    private(set) var repeatedTexts = 0
    private(set) var repeatedAudio = 0
    /// Utterances whose stated duration differs from the recording's.
    private(set) var wrongDurations = 0
    private(set) var faults: [Fault] = []

    var totalSeconds: Double { seconds.reduce(0, +) }
    var distinctWordCount: Int { distinctWords.count }
    var sampleRates: Counts { Self.sorted(sampleRateCounts) }
    var channels: Counts { Self.sorted(channelCounts) }
    /// Characters, or phones.
    var tokens: Counts { Self.sorted(tokenCounts) }
    /// Characters or phones not in the vocabulary, and in how many utterances.
    var missingTokens: Counts { Self.sorted(missingCounts) }

    /// Checks a manifest whose recordings' headers (or whole recordings) were read.
    init(_ manifest: Manifest, audio: [Result<AudioInfo, AudioError>], _ expected: CorpusExpectations) {
        // Texts by Swift's canonical equivalence: one text in two Unicode forms is one text.
        var texts: Set<String> = []
        var recordings: Set<[UInt8]> = []
        // Without a vocabulary to check against, that of the transcripts gives their lengths.
        let vocabulary =
            expected.vocabulary
            ?? Vocabulary.build(
                from: manifest.utterances.map { expected.preparation.apply($0.text) },
                wordDelimiter: expected.labels == .phones ? nil : "|")
        for (utterance, header) in zip(manifest.utterances, audio) {
            utterances += 1
            let text = expected.preparation.apply(utterance.text)
            count(text, expected.labels)
            if !texts.insert(comparableText(text)).inserted { repeatedTexts += 1 }
            let place =
                (utterance.segment.map { "@\($0.lowerBound)-\($0.upperBound)" } ?? "")
                + (utterance.channels.map { "#\($0)" } ?? "")
            if !recordings.insert((utterance.audioPath + place).bytes).inserted { repeatedAudio += 1 }
            let length = measure(utterance, header)
            examine(utterance, text: text, seconds: length, vocabulary, expected)
        }
        seconds.sort()
    }

    private mutating func count(_ text: String, _ labels: Manifest.Labels) {
        for word in Text.words(text) {
            words += 1
            distinctWords.insert(word.bytes)
            if labels == .phones {
                tokenCounts[Name(word), default: 0] += 1
            } else {
                for scalar in word.unicodeScalars {
                    tokenCounts[Name(listed(String(scalar))), default: 0] += 1
                }
            }
        }
    }

    /// The seconds actually available, or nil.
    private mutating func measure(
        _ utterance: Utterance, _ header: Result<AudioInfo, AudioError>
    ) -> Double? {
        let info: AudioInfo
        switch header {
        case .success(let found): info = found
        case .failure(let error):
            add(utterance, .unreadableAudio, "\(error)")
            return nil
        }
        let end = utterance.segment?.upperBound ?? 0
        guard info.frames > 0, end <= info.seconds + segmentSlackSeconds else {
            add(
                utterance, .unreadableAudio, "\(utterance.audioPath) has \(info.seconds) s, of \(end) s named"
            )
            return nil
        }
        sampleRateCounts[info.sampleRate, default: 0] += 1
        channelCounts[info.channels, default: 0] += 1
        let length =
            utterance.segment.map { min($0.upperBound, info.seconds) - $0.lowerBound } ?? info.seconds
        if let channel = utterance.channels?.first(where: { $0 >= info.channels }) {
            add(
                utterance, .unreadableAudio,
                "\(utterance.audioPath) has no channel \(channel): it has \(info.channels), counted from 0")
            return nil
        }
        let stated = utterance.durationSeconds
        if stated > 0 && abs(stated - length) > segmentSlackSeconds { wrongDurations += 1 }
        seconds.append(length)
        secondsOfLanguage[Name(utterance.language ?? "not stated"), default: 0] += length
        if let speaker = utterance.speaker { secondsOfSpeaker[Name(speaker), default: 0] += length }
        return length
    }

    private mutating func examine(
        _ utterance: Utterance, text: String, seconds: Double?, _ vocabulary: Vocabulary,
        _ expected: CorpusExpectations
    ) {
        guard !Text.words(text).isEmpty else { return add(utterance, .emptyText, "has no text") }
        let (ids, unknown) = vocabulary.tokenize(text)
        for token in unknown { missingCounts[Name(vocabulary.nameOfMissing(token)), default: 0] += 1 }
        if !unknown.isEmpty { textsOutside.append(utterance.text) }
        if !unknown.isEmpty && expected.preparation.unknown == .refuse {
            add(utterance, .outsideVocabulary, "\(vocabulary.sentence(ofMissing: unknown))")
        }
        guard let seconds else { return }
        let frames = expected.configuration.frameCount(
            samples: Int((seconds * Double(expected.sampleRate)).rounded()))
        let needed = max(1, ctcMinimumFrames(ids))
        guard frames < needed else { return }
        add(
            utterance, .tooShort,
            "\(utterance.audioPath): \(seconds) s make \(frames) frames, but the text needs \(needed)")
    }

    private mutating func add(_ utterance: Utterance, _ kind: FaultKind, _ sentence: String) {
        faults.append(
            Fault(
                origin: utterance.origin, kind: kind,
                sentence: kind == .unreadableAudio || kind == .tooShort
                    ? sentence : "utterance \(utterance.id): \(sentence)"))
    }

    /// A name compared by its bytes.
    struct Name: Hashable, Comparable, CustomStringConvertible {
        let description: String

        init(_ text: String) { description = text }

        static func == (a: Name, b: Name) -> Bool { a.description.hasBytes(of: b.description) }
        static func < (a: Name, b: Name) -> Bool { a.description.precedes(b.description) }
        func hash(into hasher: inout Hasher) { hasher.combine(description.bytes) }
    }

    private static func sorted<Key: Comparable>(_ counts: [Key: Int]) -> Counts {
        counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ("\($0.key)", $0.value) }
    }
}
