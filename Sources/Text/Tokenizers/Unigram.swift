/// The Unigram model of SentencePiece, as in XLNet: the most probable of all segmentations of a word into
/// pieces (Kudo, 2018).
public struct Unigram: Sendable {
    private let trie: ByteTrie
    private let scores: [Double]
    private let unknown: Int
    private let unknownScore: Double

    /// The library's penalty, below the lowest score, for a scalar that no piece covers.
    private static let unknownPenalty = 10.0

    /// A model of pieces with the logarithms of their probabilities; a piece's id is its index.
    ///
    /// - Throws: `TextError` if the unknown piece is not among them or a score is not finite.
    public init(pieces: [(piece: String, score: Double)], unknown: Int) throws(TextError) {
        guard pieces.indices.contains(unknown) else {
            throw TextError("the unknown piece is number \(unknown), but there are \(pieces.count) pieces")
        }
        if let piece = pieces.first(where: { !$0.score.isFinite }) {
            throw TextError("the score of the piece \"\(piece.piece)\" is not finite")
        }
        trie = ByteTrie(pieces.enumerated().map { (Array($0.element.piece.utf8), $0.offset) })
        scores = pieces.map(\.score)
        self.unknown = unknown
        unknownScore = (scores.min() ?? 0) - Self.unknownPenalty
    }

    /// The id of a piece, or nil.
    func id(of piece: String) -> Int? { trie.value(of: piece.utf8) }

    /// The best path to the end of a byte.
    private struct Arrival {
        var score = 0.0
        var start = -1
        var id = -1
    }

    /// Appends the ids of the most probable pieces of a text (Viterbi, 1967).
    ///
    /// Among equally probable paths the first found counts, with the longest last piece. Neighbouring unknown
    /// scalars are merged.
    func encode(_ text: [UInt8], into ids: inout [Int]) {
        guard !text.isEmpty else { return }
        var best = [Arrival](repeating: Arrival(), count: text.count + 1)
        var start = 0
        while start < text.count {
            let next = start + Self.scalarLength(text[start])
            if !extend(&best, from: start, by: text, scalarEnd: next) {
                Self.offer(&best[next], best[start].score + unknownScore, from: start, id: unknown)
            }
            start = next
        }
        appendPath(best, text, into: &ids)
    }

    /// Offers each piece that begins at a byte to its end; returns whether one covers exactly the scalar
    /// there.
    private func extend(
        _ best: inout [Arrival], from start: Int, by text: [UInt8], scalarEnd: Int
    ) -> Bool {
        var coversScalar = false
        var node = ByteTrie.root
        var end = start
        while end < text.count, let next = trie.step(node, text[end]) {
            node = next
            end += 1
            guard let id = trie.value(node) else { continue }
            Self.offer(&best[end], scores[id] + best[start].score, from: start, id: id)
            if end == scalarEnd { coversScalar = true }
        }
        return coversScalar
    }

    private static func offer(_ arrival: inout Arrival, _ score: Double, from start: Int, id: Int) {
        if arrival.start < 0 || score > arrival.score {
            arrival = Arrival(score: score, start: start, id: id)
        }
    }

    private func appendPath(_ best: [Arrival], _ text: [UInt8], into ids: inout [Int]) {
        var path: [Int] = []
        var end = text.count
        while end > 0 {
            let arrival = best[end]
            var start = arrival.start
            guard arrival.id == unknown else {
                path.append(arrival.id)
                end = start
                continue
            }
            while start > 0, best[start].id == unknown { start = best[start].start }
            // Scalars unknown one by one may together be a piece, such as the unknown piece itself.
            path.append(trie.value(of: text[start..<end]) ?? arrival.id)
            end = start
        }
        ids += path.reversed()
    }

    /// The bytes of the scalar that begins with a byte.
    private static func scalarLength(_ byte: UInt8) -> Int {
        switch byte {
        case 0..<0x80: 1
        case 0x80..<0xE0: 2
        case 0xE0..<0xF0: 3
        default: 4
        }
    }
}
