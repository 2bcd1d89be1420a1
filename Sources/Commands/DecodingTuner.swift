internal import Collectives
internal import Decoding
internal import Foundation
internal import Reports
internal import Session
internal import Tasks
internal import Tensors
internal import Text

/// Searches the language model weights that recognise a development set best.
///
/// The network runs once; each rank decodes its logits again with each pair of weights.
struct DecodingTuner {
    /// A pair of weights and its errors on the development set.
    struct Trial: Equatable {
        let alpha: Float
        let beta: Float
        var words = ErrorRate()
        var characters = ErrorRate()
    }

    private struct Utterance {
        let reference: String
        let logits: [Float]
    }

    private let columns: Int
    private var utterances: [Utterance] = []

    /// A tuner for logits with this many columns.
    init(columns: Int) { self.columns = columns }

    /// Keeps an utterance's logits.
    mutating func add(_ logits: Tensor, reference: String) {
        utterances.append(Utterance(reference: reference, logits: logits.array()))
    }

    /// Tries pairs of weights, first widely spaced, then twice more closely around the best.
    ///
    /// Every rank gets all trials.
    ///
    /// - Parameter ceiling: The character error rate without a language model, which the choice should not
    ///   exceed.
    func run(_ decoder: BeamDecoder, ceiling: Double, session: Session) throws -> (
        best: Trial, trials: [Trial]
    ) {
        var trials: [Trial] = []
        func visit(_ alpha: Float, _ beta: Float) throws {
            guard alpha >= 0, !trials.contains(where: { $0.alpha == alpha && $0.beta == beta }) else {
                return
            }
            trials.append(try trial(alpha, beta, decoder, session))
        }
        for alpha in stride(from: Float(0), through: 2, by: 0.5) {
            for beta in stride(from: Float(-1), through: 3, by: 1) { try visit(alpha, beta) }
        }
        for step in [Float(0.25), 0.125] {
            let best = Self.best(trials, ceiling)
            for alpha in [-step, 0, step] {
                for beta in [-2 * step, 0, 2 * step] { try visit(best.alpha + alpha, best.beta + beta) }
            }
        }
        return (Self.best(trials, ceiling), trials)
    }

    /// The fewest word errors among trials without more character errors; if there is none, the fewest word
    /// errors.
    static func best(_ trials: [Trial], _ ceiling: Double) -> Trial {
        let harmless = trials.filter { $0.characters.rate <= ceiling }
        let candidates = harmless.isEmpty ? trials : harmless
        let best = candidates.min { a, b in
            (a.words.rate, a.characters.rate, a.alpha, a.beta) < (
                b.words.rate, b.characters.rate, b.alpha, b.beta
            )
        }
        guard let best else { preconditionFailure("weights must be tried before the best is asked for") }
        return best
    }

    private func trial(_ alpha: Float, _ beta: Float, _ decoder: BeamDecoder, _ session: Session) throws
        -> Trial
    {
        var decoder = decoder
        (decoder.settings.alpha, decoder.settings.beta) = (alpha, beta)
        var trial = Trial(alpha: alpha, beta: beta)
        for utterance in utterances {
            let buffer = FlatBuffer(count: utterance.logits.count)
            buffer.all.copy(from: utterance.logits)
            let logits = buffer.all.reshaped(rows: utterance.logits.count / columns, columns: columns)
            let text = decoder.transcriptions(of: logits).first?.text ?? ""
            trial.words.addWords(reference: utterance.reference, hypothesis: text)
            trial.characters.addCharacters(reference: utterance.reference, hypothesis: text)
        }
        var counts = trial.words.counts + trial.characters.counts
        try session.communicator.allReduceSum(&counts)
        trial.words = ErrorRate(counts: Array(counts[0..<4]))
        trial.characters = ErrorRate(counts: Array(counts[4..<8]))
        return trial
    }
}

extension DecodingTuner {
    /// The trials as a table, the best first.
    static func table(_ trials: [Trial], best: Trial, ceiling: Double) -> String {
        let sorted = trials.sorted {
            ($0.words.rate, $0.characters.rate) < ($1.words.rate, $1.characters.rate)
        }
        let rows = sorted.map { trial in
            [
                String(format: "%.3f", trial.alpha), String(format: "%.3f", trial.beta),
                String(format: "%.2f", 100 * trial.words.rate),
                String(format: "%.2f", 100 * trial.characters.rate), trial == best ? "chosen" : "",
            ]
        }
        let columns = ["α", "β", "WER %", "CER %"].map { TextTable.Column.right($0) } + [.left("")]
        let note =
            best.characters.rate > ceiling
            ? "\nno weights keep the CER at or below the \(String(format: "%.2f", 100 * ceiling)) % without a language model"
            : ""
        return TextTable(columns, rows: rows).text + note
    }
}
