internal import Checkpoints
internal import Foundation
internal import JSON
internal import Models
internal import Program
internal import Recipe
internal import Reports
internal import Session
internal import Speech
internal import Studies
internal import Tasks
internal import Text
internal import Training

/// Prints what a corpus holds and what a run would refuse.
///
/// - Throws: `UserError` with code 65 if there is anything that a run would refuse.
func runCorpusCheck(_ options: CorpusCheck, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        if options.corpus.isText {
            return try runTextCorpusCheck(
                options.corpus.source, model: options.model, json: options.json.isAsked)
        }
        let expected = try expectations(options)
        let manifest = try options.corpus.manifest(measuringDurations: false)
        let paths = manifest.utterances.map(\.audioPath)
        let progress = CorpusProgress("recordings of \(options.corpus.source)")
        let audio =
            options.decode
            ? decode(paths, progress)
            : audioInfos(paths: paths, progress: { progress.report($0, $1) })
        let report = CorpusReport(manifest, audio: audio, expected)
        print(
            options.json.isAsked
                ? report.json(manifest).line : report.table(manifest, expected).joined(separator: "\n"))
        guard report.faults.isEmpty else {
            let bad = Set(report.faults.map(\.origin.bytes)).count
            let remedies = expected.vocabulary.map {
                expected.preparation.remedies(for: report.textsOutside, vocabulary: $0)
            }
            let isOutside = report.faults.contains { $0.kind == .outsideVocabulary }
            throw UserError(
                .data,
                "\(manifest.path): \(bad) of \(report.utterances) utterances cannot be trained on. "
                    + (isOutside
                        ? "Characters not in the vocabulary: "
                            + (remedies ?? []).map(\.recipeText).joined(separator: ", or ") + ". " : "")
                    + "Fix them, or leave utterances out with data.bad_utterances = \"skip\"")
        }
    }
}

private func expectations(_ options: CorpusCheck) throws -> CorpusExpectations {
    let labels = options.corpus.labels
    let directory = try options.model.map { try StoredModel.open($0) }
    var tokens = directory?.tokens
    if let path = options.vocabulary {
        tokens =
            path.utf8.suffix(4).elementsEqual(".txt".utf8)
            ? try Manifest.fairseqTokens(dictionary: path) : try ModelDirectory.tokens(ofVocabulary: path)
    } else if let model = options.model, tokens == nil {
        throw UserError(
            .data,
            "\(model) has no vocab.json: it is pre-trained only; give a --vocabulary, or leave --model out")
    }
    let tokenizer = directory?.tokenizer ?? TokenizerConfig()
    return CorpusExpectations(
        vocabulary: try tokens.map {
            try Vocabulary(
                $0, of: tokenizer.fitting($0, phones: labels == .phones || tokenizer.isPhonetic),
                phones: labels == .phones)
        },
        configuration: try directory.map { try $0.networkConfiguration() } ?? ModelPreset.base.configuration,
        sampleRate: directory?.preprocessor.samplingRate ?? PreprocessorConfig().samplingRate, labels: labels,
        preparation: options.text.preparation)
}

/// Decodes recordings to their ends, one on each processor; the result replaces what headers state.
private func decode(_ paths: [String], _ progress: CorpusProgress) -> [Result<AudioInfo, AudioError>] {
    distinctFiles(
        paths, atOnce: ProcessInfo.processInfo.activeProcessorCount, progress: { progress.report($0, $1) }
    ) { path throws(AudioError) in
        let header = try audioInfo(path: path)
        _ = try readAudio(path: path, sampleRate: header.sampleRate)
        return header
    }
}

extension CorpusReport {
    /// The report for people, one line per fact.
    fileprivate func table(_ manifest: Manifest, _ expected: CorpusExpectations) -> [String] {
        func list(_ counts: Counts, limit: Int = 200) -> String {
            let shown = counts.prefix(limit).map { "\($0.name) \($0.count)" }.joined(separator: ", ")
            return shown + (counts.count > limit ? ", and \(counts.count - limit) more" : "")
        }
        let unit = expected.labels == .phones ? "phones" : "characters"
        var facts = [
            ("corpus", "\(manifest.path) (\(manifest.format.rawValue))"),
            ("utterances", "\(utterances)"),
            ("audio", Progress.duration(totalSeconds)),
        ]
        if let shortest = seconds.first, let longest = seconds.last {
            facts.append(
                (
                    "seconds",
                    String(
                        format: "%.2f shortest, %.2f median, %.2f longest", shortest,
                        seconds[seconds.count / 2], longest)
                ))
        }
        facts += [
            ("speakers", secondsOfSpeaker.isEmpty ? "not stated" : speakers),
            (
                "languages",
                secondsOfLanguage.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                    .map { "\($0.key) \(Progress.duration($0.value))" }.joined(separator: ", ")
            ),
            ("sample rates", list(sampleRates)), ("channels", list(channels)),
            ("words", expected.labels == .phones ? "-" : "\(words), \(distinctWordCount) distinct"),
            (unit, "\(tokens.count) distinct: " + list(tokens)),
            ("texts that repeat", "\(repeatedTexts)"), ("audio that repeats", "\(repeatedAudio)"),
            ("durations stated wrong", "\(wrongDurations)"),
            (
                "not in vocabulary",
                expected.vocabulary == nil
                    ? "not checked: no --model and no --vocabulary"
                    : missingTokens.isEmpty ? "none" : list(missingTokens)
            ),
            ("faults", "\(faults.count)"),
        ]
        return TextTable(facts: facts, width: 20).lines + faults.map { "  \($0.origin): \($0.sentence)" }
    }

    private var speakers: String {
        let (least, most) = (secondsOfSpeaker.values.min() ?? 0, secondsOfSpeaker.values.max() ?? 0)
        return "\(secondsOfSpeaker.count), of \(Progress.duration(least)) to \(Progress.duration(most))"
    }

    /// The report for programs.
    fileprivate func json(_ manifest: Manifest) -> JSONValue {
        func object(_ counts: Counts) -> JSONValue {
            .object(counts.map { .init($0.name, .integer($0.count)) })
        }
        func object(_ seconds: [Name: Double]) -> JSONValue {
            .object(seconds.sorted { $0.key < $1.key }.map { .init($0.key.description, .number($0.value)) })
        }
        return .object([
            .init("path", .string(manifest.path)), .init("format", .string(manifest.format.rawValue)),
            .init("utterances", .integer(utterances)), .init("seconds", .number(totalSeconds)),
            .init("shortest_seconds", .number(seconds.first ?? 0)),
            .init("median_seconds", .number(seconds.isEmpty ? 0 : seconds[seconds.count / 2])),
            .init("longest_seconds", .number(seconds.last ?? 0)),
            .init("speaker_seconds", object(secondsOfSpeaker)),
            .init("language_seconds", object(secondsOfLanguage)),
            .init("sample_rates", object(sampleRates)), .init("channels", object(channels)),
            .init("words", .integer(words)), .init("distinct_words", .integer(distinctWordCount)),
            .init("tokens", object(tokens)), .init("missing_tokens", object(missingTokens)),
            .init("repeated_texts", .integer(repeatedTexts)),
            .init("repeated_audio", .integer(repeatedAudio)),
            .init("wrong_durations", .integer(wrongDurations)),
            .init(
                "faults",
                .array(
                    faults.map {
                        .object([
                            .init("origin", .string($0.origin)), .init("kind", .string($0.kind.rawValue)),
                            .init("fault", .string($0.sentence)),
                        ])
                    })),
        ])
    }
}
