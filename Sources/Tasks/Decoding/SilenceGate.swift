internal import Models
internal import Speech
internal import Tensors
internal import Text

/// Makes frames without speech blank, so that noise is not transcribed and words on either side of a silence
/// are separated.
struct SilenceGate {
    /// The logit of a token that must not win.
    private static let never: Float = -100

    var activity: VoiceActivity
    private let hop: Int
    private let reach: Int
    private let vocabulary: Vocabulary
    private var wasOpen = false

    init(_ activity: VoiceActivity, _ model: SpeechModel) {
        self.activity = activity
        hop = model.network.configuration.hopSamples
        reach = model.network.configuration.receptiveSamples
        vocabulary = model.vocabulary
    }

    /// Whether there is speech in any of the frames.
    func isOpen(_ frames: Range<Int>) -> Bool {
        !frames.isEmpty
            && activity.isSpoken(frames.lowerBound * hop..<(frames.upperBound - 1) * hop + reach)
    }

    /// Makes silent frames blank, and the first frame of each silence a word end.
    ///
    /// - Parameters:
    ///   - logits: (frames, tokens), following those of the previous call.
    ///   - first: The index of the first frame.
    /// - Returns: For each frame, whether it is open.
    @discardableResult
    mutating func close(_ logits: Tensor, from first: Int) -> [Bool] {
        (0..<logits.rows).map { row in
            let frame = first + row
            let open = isOpen(frame..<frame + 1)
            if !open {
                logits.rows(row..<row + 1).fill(Self.never)
                let token = wasOpen ? vocabulary.delimiterId ?? vocabulary.blank : vocabulary.blank
                logits[row, token] = 0
            }
            wasOpen = open
            return open
        }
    }
}
