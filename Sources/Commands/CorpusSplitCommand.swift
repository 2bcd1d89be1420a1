internal import Checkpoints
internal import Foundation
internal import Program
internal import Session
internal import Speech
internal import Tasks
internal import Text
internal import Training

/// What must not occur in two parts of a corpus.
enum CorpusSeparation: String, Sendable, CaseIterable {
    /// A text, ignoring case and punctuation.
    case text
    /// Neither a text nor a speaker.
    case speaker

    fileprivate var separation: CorpusSplit.Separation {
        switch self {
        case .text: .text
        case .speaker: .speaker
        }
    }
}

/// Options of `parp corpus split`.
struct CorpusSplitOptions: Sendable {
    /// The corpus.
    var source: CorpusSource
    /// Minutes to train on; nil takes all that is left.
    var trainMinutes: Double?
    /// Minutes to validate on.
    var validMinutes: Double
    /// Minutes to test on.
    var testMinutes: Double
    /// For labelled texts, the shares to validate and to test on.
    var validShare = 0.0
    var testShare = 0.0
    /// What must not occur in two parts.
    var separation: CorpusSeparation
    /// Seed of the random numbers.
    var seed: Int
    /// The folder to write.
    var output: String
    /// How the manifests name the recordings.
    var paths: AudioPaths

    /// What to split, and how.
    init(
        source: CorpusSource, trainMinutes: Double? = nil, validMinutes: Double = 0, testMinutes: Double = 0,
        separation: CorpusSeparation = .text, seed: Int = 1, output: String,
        paths: AudioPaths = .absolute
    ) {
        self.source = source
        self.trainMinutes = trainMinutes
        self.validMinutes = validMinutes
        self.testMinutes = testMinutes
        self.separation = separation
        self.seed = seed
        self.output = output
        self.paths = paths
    }
}

/// Writes a folder of `train.jsonl`, `valid.jsonl` and `test.jsonl`, whole or not at all.
func runCorpusSplit(_ options: CorpusSplitOptions, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        guard !FileManager.default.fileExists(atPath: options.output) else {
            throw UserError(.usage, "\(options.output) exists already; choose another --output")
        }
        if options.source.format == nil && TextCorpus.isTextCorpus(options.source.path) {
            return try splitTextCorpus(options)
        }
        guard options.validShare == 0, options.testShare == 0 else {
            throw UserError(
                .usage,
                "--valid-share and --test-share are for labelled texts; for speech use --valid-minutes"
            )
        }
        let split = try CorpusSplit(
            try options.source.manifest(),
            sizes: .init(
                train: options.trainMinutes.map { $0 * 60 }, valid: options.validMinutes * 60,
                test: options.testMinutes * 60),
            seed: UInt64(options.seed), separating: options.separation.separation)
        let directory = try AtomicDirectory(path: options.output)
        let parts = [("train", split.train), ("valid", split.valid), ("test", split.test)]
            .filter { !$0.1.isEmpty }
        for (name, utterances) in parts {
            try AtomicFile.write(
                manifestText(utterances, folder: options.output, paths: options.paths),
                to: "\(directory.temporaryPath)/\(name).jsonl")
        }
        try directory.commit()
        for (name, utterances) in parts {
            print("\(options.output)/\(name).jsonl: \(summary(utterances))")
        }
        if split.barred > 0 {
            let what = options.separation == .text ? "text" : "text or speaker"
            print("left out: \(split.barred) utterances whose \(what) is in valid or test")
        }
    }
}
