/// The WordPiece model of BERT: each word is split into the longest piece that begins it, then the longest
/// that continues it, and so on (Devlin et al., 2019; Wu et al., 2016).
public struct WordPiece: Sendable {
    private let trie: ByteTrie
    /// Where continuation pieces begin; nil if there are none.
    private let continuation: ByteTrie.Node?
    private let unknown: Int
    private let maximumCharacters: Int

    /// A model of pieces with their ids.
    ///
    /// - Parameters:
    ///   - vocabulary: The pieces with their ids; for equal ones the last counts.
    ///   - unknownToken: The piece for words that no pieces make up.
    ///   - continuationPrefix: The prefix of continuation pieces.
    ///   - maximumCharacters: Longer words, in scalars, are unknown.
    /// - Throws: `TextError` if the unknown token is no piece.
    public init(
        vocabulary: [(piece: String, id: Int)], unknownToken: String = "[UNK]",
        continuationPrefix: String = "##", maximumCharacters: Int = 100
    ) throws(TextError) {
        trie = ByteTrie(vocabulary.map { (Array($0.piece.utf8), $0.id) })
        guard let unknown = trie.value(of: unknownToken.utf8) else {
            throw TextError("the vocabulary has no piece \"\(unknownToken)\" for unknown words")
        }
        self.unknown = unknown
        continuation = trie.walk(continuationPrefix.utf8)
        self.maximumCharacters = maximumCharacters
    }

    /// The id of a piece, or nil.
    func id(of piece: String) -> Int? { trie.value(of: piece.utf8) }

    /// Appends the ids of a word's pieces, or that of the unknown one.
    func encode(_ word: [UInt8], into ids: inout [Int]) {
        let before = ids.count
        // Continuation bytes of a scalar begin with the bits 10.
        guard word.count <= maximumCharacters || word.count(where: { $0 & 0xC0 != 0x80 }) <= maximumCharacters
        else {
            ids.append(unknown)
            return
        }
        var start = 0
        while start < word.count {
            guard let (id, end) = longestPiece(of: word, from: start) else {
                ids.removeSubrange(before...)
                ids.append(unknown)
                return
            }
            ids.append(id)
            start = end
        }
    }

    private func longestPiece(of word: [UInt8], from start: Int) -> (id: Int, end: Int)? {
        guard var node = start == 0 ? ByteTrie.root : continuation else { return nil }
        var best: (id: Int, end: Int)?
        var end = start
        while end < word.count, let next = trie.step(node, word[end]) {
            node = next
            end += 1
            if let id = trie.value(node) { best = (id, end) }
        }
        return best
    }
}
