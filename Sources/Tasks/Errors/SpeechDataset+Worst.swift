internal import Foundation
internal import Reports
internal import Speech
internal import Text

extension SpeechDataset {
    /// The utterances with the most errors in their characters, the worst first.
    func worst(_ hypotheses: [Hypothesis]) -> [WorstUtterances.Utterance] {
        let judged = hypotheses.map { hypothesis in
            (
                item: hypothesis.item,
                errors: JudgedUtterance(
                    utterances[hypothesis.item], reference: references[hypothesis.item],
                    hypothesis: hypothesis.text)
            )
        }
        return judged.filter { $0.errors.characters.errors > 0 }.sorted { a, b in
            let (left, right) = (a.errors.characters, b.errors.characters)
            return left.rate != right.rate
                ? left.rate > right.rate : (right.errors, a.item) < (left.errors, b.item)
        }.prefix(WorstUtterances.count).map { WorstUtterances.Utterance(utterances[$0.item], $0.errors) }
    }
}

extension WorstUtterances.Utterance {
    /// An utterance with its alignment; one that is too long to align has its texts beside each other.
    fileprivate init(_ utterance: Utterance, _ judged: JudgedUtterance) {
        let tokens = aligned(Text.words(judged.reference), Text.words(judged.hypothesis))
        self.init(
            id: utterance.id, audio: URL(fileURLWithPath: utterance.audioPath).path,
            segment: utterance.segment, seconds: judged.seconds, wordErrorRate: judged.words.rate,
            characterErrorRate: judged.characters.rate,
            words: tokens.map { $0.map(\.pair) }
                ?? [.init(said: judged.reference, heard: judged.hypothesis)])
    }
}

extension AlignedToken {
    fileprivate var pair: WorstUtterances.Pair {
        switch self {
        case .correct(let word): .init(said: word, heard: word)
        case .substituted(let word, let other): .init(said: word, heard: other)
        case .deleted(let word): .init(said: word, heard: nil)
        case .inserted(let word): .init(said: nil, heard: word)
        }
    }
}
