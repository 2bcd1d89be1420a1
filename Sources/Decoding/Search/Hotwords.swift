public import Text

/// Words and phrases that the search is to prefer, as a trie of their tokens.
///
/// A beam that is on its way through one has the share of the weight that it has gone; what it has is taken back when it leaves
/// the trie, and stays once a word ends where a hotword does.
public struct Hotwords: Sendable {
    /// In no hotword.
    static let outside: Int32 = -1
    /// At the start of a word.
    static let root: Int32 = 0

    private let trie: Lexicon
    /// Of each node, how much of the shortest hotword through it has been heard.
    private let shares: [Float]
    private let delimiter: UInt16?

    /// Hotwords of one word or several; those the vocabulary cannot spell are left out.
    public init(_ phrases: [String], vocabulary: Vocabulary) {
        let spellings = phrases.map { vocabulary.tokenize($0) }.filter {
            $0.unknown.isEmpty && !$0.ids.isEmpty
        }
        .map { Lexicon.Spelling(tokens: $0.ids.map(UInt16.init), number: 0) }
        trie = Lexicon(spellings)
        delimiter = vocabulary.delimiterId.map(UInt16.init)
        var shares = [Float](repeating: 0, count: trie.nodeCount)
        // Shortest last: its share is the largest.
        for spelling in spellings.sorted(by: { $0.tokens.count > $1.tokens.count }) {
            var node = Self.root
            for (index, token) in spelling.tokens.enumerated() {
                node = trie.child(of: node, token: token)
                shares[Int(node)] = Float(index + 1) / Float(spelling.tokens.count)
            }
        }
        self.shares = shares
    }

    /// The node behind a token; at a delimiter, whether a hotword has become whole.
    func step(_ node: Int32, token: UInt16) -> (node: Int32, isWhole: Bool) {
        guard token == delimiter else { return (trie.child(of: node, token: token), false) }
        let isWhole = !trie.entries(at: node).isEmpty
        let further = trie.child(of: node, token: token)
        // A phrase may go on behind a hotword that is whole: its score begins anew with the longer one.
        return (further == Self.outside || isWhole ? Self.root : further, isWhole)
    }

    /// The share of the weight that a node has.
    func share(of node: Int32) -> Float { node > 0 ? shares[Int(node)] : 0 }

    /// Whether a hotword ends at a node.
    func isWhole(_ node: Int32) -> Bool { !trie.entries(at: node).isEmpty }
}
