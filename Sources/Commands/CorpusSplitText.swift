internal import Checkpoints
internal import Foundation
internal import JSON
internal import Program
internal import Text

/// Writes labelled texts as `train.jsonl`, `valid.jsonl` and `test.jsonl`, each text assigned by its hash;
/// nothing is random.
func splitTextCorpus(_ options: CorpusSplitter) throws {
    guard options.validShare + options.testShare > 0 else {
        throw UserError(
            .usage,
            "\(options.corpus.source) holds labelled texts; say how much to set aside with --valid-share and --test-share"
        )
    }
    guard options.trainMinutes == nil, options.validMinutes == 0, options.testMinutes == 0 else {
        throw UserError(
            .usage, "minutes are for speech; for labelled texts use --valid-share and --test-share")
    }
    let corpus = try TextCorpus(path: options.corpus.source)
    let parts = TextSplit(
        validShare: options.validShare, testShare: options.testShare, seed: UInt64(options.seed)
    ).parts(of: corpus.examples)
    let directory = try AtomicDirectory(path: options.output)
    let sides = TextSplit.Side.allCases.filter { parts[$0] != nil }
    for side in sides {
        let text = parts[side, default: []].map { $0.json.line + "\n" }.joined()
        try AtomicFile.write(Data(text.utf8), to: "\(directory.temporaryPath)/\(side.rawValue).jsonl")
    }
    try directory.commit()
    for side in sides {
        print("\(options.output)/\(side.rawValue).jsonl: \(parts[side, default: []].count) examples")
    }
}

extension TextExample {
    /// The example as a line of JSONL.
    fileprivate var json: JSONValue {
        var members: [JSONValue.Member] = [.init("text", .string(text))]
        if let textPair { members.append(.init("text_pair", .string(textPair))) }
        if let label { members.append(.init("label", .string(label))) }
        return .object(members)
    }
}
