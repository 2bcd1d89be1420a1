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

/// Writes a folder of `train.jsonl`, `valid.jsonl` and `test.jsonl`, whole or not at all.
func runCorpusSplit(_ options: CorpusSplitter, session: Session) throws {
    try session.together {
        guard session.isRoot else { return }
        guard !FileManager.default.fileExists(atPath: options.output) else {
            throw UserError(.usage, "\(options.output) exists already; choose another --output")
        }
        if options.corpus.isText {
            return try splitTextCorpus(options)
        }
        guard options.validShare == 0, options.testShare == 0 else {
            throw UserError(
                .usage,
                "--valid-share and --test-share are for labelled texts; for speech use --valid-minutes"
            )
        }
        let split = try CorpusSplit(
            try options.corpus.manifest(),
            sizes: .init(
                train: options.trainMinutes.map { $0 * 60 }, valid: options.validMinutes * 60,
                test: options.testMinutes * 60),
            seed: UInt64(options.seed), separating: options.by.separation)
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
            let what = options.by == .text ? "text" : "text or speaker"
            print("left out: \(split.barred) utterances whose \(what) is in valid or test")
        }
    }
}
