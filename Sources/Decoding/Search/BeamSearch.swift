public import Tensors
internal import Text

/// A recognised text with its scores.
public struct Transcription: Sendable, Equatable, Codable {
    /// The words.
    public let text: String
    /// The tokens, including the delimiter.
    public let tokens: [Int]
    /// The ranking score: the sum of the next two.
    public let score: Double
    /// ln of the probability of all paths that give the text.
    public let acousticScore: Double
    /// The language's score: α ln p + β per word, penalties, hotwords.
    public let languageScore: Double
}

/// CTC prefix beam search (Graves and Jaitly, 2014, algorithm 1; Hannun et al., 2014), frame after frame.
///
/// A beam is a text; the probabilities of all paths that give it are summed, separately for those that end
/// with a blank. The search may stop after any frame, report its result, and continue.
public struct BeamSearch {
    private struct Beam {
        let node: Int32
        /// ln of the probability of its paths that end with a blank, and of the others, less `offset`.
        var blank: Float = -.infinity
        var spoken: Float = -.infinity
        /// With the language's score.
        var score: Float = 0
    }

    private let settings: BeamSettings
    private let language: Language
    private let blankToken: UInt16
    private var tree: PrefixTree
    private var beams: [Beam]
    private var next: [Beam] = []
    private var tokens: [(token: UInt16, score: Float)] = []
    private var scores: [Float] = []
    private var frame: Int32 = 0
    /// What was subtracted from all beams, so that long speech loses no precision.
    private var offset = 0.0
    private let nodeLimit: Int
    private var compactionLimit: Int

    /// A search before the first frame.
    ///
    /// - Parameter nodeLimit: The number of texts above which those without a beam are dropped.
    public init(_ language: Language, _ settings: BeamSettings, nodeLimit: Int = 1 << 17) {
        self.nodeLimit = nodeLimit
        compactionLimit = nodeLimit
        self.settings = settings
        self.language = language
        blankToken = UInt16(language.vocabulary.blank)
        tree = PrefixTree(language, settings)
        beams = [Beam(node: PrefixTree.root, blank: 0)]
    }

    /// Adds frames: rows of logits, one column per token.
    public mutating func advance(_ logits: Tensor) {
        precondition(logits.columns == language.vocabulary.size, "\(logits.columns) columns of logits")
        for row in 0..<logits.rows { step(logits.rows(row..<row + 1)) }
    }

    private mutating func step(_ logits: Tensor) {
        frame += 1
        chooseTokens(logits)
        next.removeAll(keepingCapacity: true)
        for beam in beams { extend(beam) }
        prune()
        if tree.nodes.count > compactionLimit { compact() }
    }

    /// The tokens to try, with their log probabilities.
    private mutating func chooseTokens(_ logits: Tensor) {
        var best = Int(blankToken)
        for column in 0..<logits.count where logits[column] > logits[best] && language.isTried[column] {
            best = column
        }
        let normalizer = logNormalizer(logits)
        tokens.removeAll(keepingCapacity: true)
        for column in 0..<logits.count {
            let score = logits[column] - normalizer
            if score >= settings.tokenThreshold && language.isTried[column] || column == best {
                tokens.append((UInt16(column), score))
            }
        }
    }

    private mutating func extend(_ beam: Beam) {
        let total = logSum(beam.blank, beam.spoken)
        let last = tree[beam.node].token
        for (token, score) in tokens {
            if token == blankToken {
                let slot = slot(of: beam.node)
                next[slot].blank = logSum(next[slot].blank, total + score)
                continue
            }
            if token == last {
                let slot = slot(of: beam.node)
                // Repeated delimiters between words, or before the first, do not matter.
                let before = token == language.delimiter ? total : beam.spoken
                next[slot].spoken = logSum(next[slot].spoken, before + score)
            }
            // A repeated token needs a blank in between.
            let before = token == last ? (token == language.delimiter ? -.infinity : beam.blank) : total
            guard before > -.infinity, let child = tree.child(of: beam.node, token: token) else { continue }
            let slot = slot(of: child)
            next[slot].spoken = logSum(next[slot].spoken, before + score)
        }
    }

    /// The index of a text among this frame's beams.
    @inline(__always)
    private mutating func slot(of node: Int32) -> Int {
        if tree[node].frame == frame { return Int(tree[node].slot) }
        tree[node].frame = frame
        tree[node].slot = Int32(next.count)
        next.append(Beam(node: node))
        return next.count - 1
    }

    /// Keeps the best beams.
    private mutating func prune() {
        var best = -Float.infinity
        for index in next.indices {
            let beam = next[index]
            let score = logSum(beam.blank, beam.spoken) + tree[beam.node].language
            next[index].score = score
            best = max(best, score)
        }
        // If a frame leaves nothing, the previous beams stay.
        guard best > -.infinity else { return }
        let threshold = best - settings.beamThreshold
        next.removeAll { $0.score < threshold }
        if next.count > settings.width {
            scores.removeAll(keepingCapacity: true)
            for beam in next { scores.append(beam.score) }
            let least = element(settings.width - 1, ofDescending: &scores)
            var ties = settings.width - next.reduce(0) { $0 + ($1.score > least ? 1 : 0) }
            next.removeAll { beam in
                if beam.score == least { ties -= 1 }
                return beam.score < least || beam.score == least && ties < 0
            }
        }
        let shift = next.reduce(-Float.infinity) { max($0, max($1.blank, $1.spoken)) }
        for index in next.indices {
            next[index].blank -= shift
            next[index].spoken -= shift
        }
        offset += Double(shift)
        swap(&beams, &next)
    }

    private mutating func compact() {
        let numbers = tree.compact(keeping: beams.map(\.node))
        beams = zip(beams, numbers).map { beam, number in
            Beam(node: number, blank: beam.blank, spoken: beam.spoken, score: beam.score)
        }
        compactionLimit = max(nodeLimit, 2 * tree.nodes.count)
    }

    /// The best texts so far, best first: of finished speech, or of its beginning.
    ///
    /// Texts that differ only in white space are merged.
    public mutating func transcriptions(_ count: Int = 1, isLast: Bool = true) -> [Transcription] {
        var found: [String: (tokens: [Int], acoustic: Double, language: Double, best: Double)] = [:]
        for beam in beams {
            let (language, entry) = tree.finalScore(of: beam.node, isLast: isLast)
            guard language > -.infinity else { continue }
            let acoustic = Double(logSum(beam.blank, beam.spoken)) + offset
            let text = tree.text(of: beam.node, lastEntry: entry)
            let score = acoustic + Double(language)
            if let other = found[text] {
                let sum =
                    max(other.acoustic, acoustic) + Double(logSum(0, -Float(abs(other.acoustic - acoustic))))
                let isBetter = score > other.best
                found[text] = (
                    isBetter ? tree.tokens(of: beam.node) : other.tokens, sum,
                    isBetter ? Double(language) : other.language, max(score, other.best)
                )
            } else {
                found[text] = (tree.tokens(of: beam.node), acoustic, Double(language), score)
            }
        }
        let sorted = found.map { text, beam in
            Transcription(
                text: text, tokens: beam.tokens, score: beam.acoustic + beam.language,
                acousticScore: beam.acoustic, languageScore: beam.language)
        }.sorted { $0.score != $1.score ? $0.score > $1.score : $0.text < $1.text }
        return Array(sorted.prefix(count))
    }
}

/// The element at an index in descending order (Hoare, 1961); reorders the elements.
func element(_ place: Int, ofDescending values: inout [Float]) -> Float {
    var (low, high) = (0, values.count - 1)
    while low < high {
        let pivot = values[(low + high) / 2]
        var (left, right) = (low, high)
        while left <= right {
            while values[left] > pivot { left += 1 }
            while values[right] < pivot { right -= 1 }
            if left <= right {
                values.swapAt(left, right)
                left += 1
                right -= 1
            }
        }
        if place <= right { high = right } else if place >= left { low = left } else { break }
    }
    return values[place]
}
