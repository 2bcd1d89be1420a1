public import Text

/// Words and phrases that the search prefers, as an automaton of their tokens (Aho and Corasick, 1975).
///
/// A beam within a hotword gets a share of the weight by its progress; the share is withdrawn if it leaves
/// the hotword, and kept once a word ends where the hotword does.
public struct Hotwords: Sendable {
    /// Hotwords with a delimiter before them, since they begin where words do.
    private let trie: Lexicon
    /// For each node, the longest other one with the same ending.
    private let fallback: [Int32]
    /// For each node, how many hotwords end there.
    private let whole: [Float]
    /// For each node, the fraction of the shortest hotword through it that is complete.
    private let shares: [Float]
    private let delimiter: UInt16?
    /// At the start of an utterance.
    let start: Int32

    /// Hotwords of one word or several; those the vocabulary cannot spell are left out.
    public init(_ phrases: [String], vocabulary: Vocabulary) {
        delimiter = vocabulary.delimiterId.map(UInt16.init)
        let first = delimiter.map { [$0] } ?? []
        let spelled = phrases.map { vocabulary.tokenize($0) }
            .filter { $0.unknown.isEmpty && !$0.ids.isEmpty }.map { first + $0.ids.map(UInt16.init) }
        trie = Lexicon(Set(spelled).map { Lexicon.Spelling(tokens: $0, number: 0) })
        let nodes = Self.automaton(trie)
        fallback = nodes.fallback
        whole = nodes.whole
        start =
            first.isEmpty ? Lexicon.root : max(Lexicon.root, trie.child(of: Lexicon.root, token: first[0]))
        var shares = [Float](repeating: 0, count: trie.nodeCount)
        for tokens in spelled {
            var node = Lexicon.root
            for (index, token) in tokens.enumerated() {
                node = trie.child(of: node, token: token)
                let share = Float(index + 1 - first.count) / Float(tokens.count - first.count)
                shares[Int(node)] = max(shares[Int(node)], share)
            }
        }
        self.shares = shares
    }

    private static func automaton(_ trie: Lexicon) -> (fallback: [Int32], whole: [Float]) {
        var fallback = [Int32](repeating: Lexicon.root, count: trie.nodeCount)
        var whole = (0..<trie.nodeCount).map { Float(trie.entries(at: Int32($0)).count) }
        // Breadth first, as nodes are numbered: what is shorter is done.
        for node in 0..<Int32(trie.nodeCount) {
            for (child, token) in trie.children(of: node) {
                if node != Lexicon.root {
                    fallback[Int(child)] = follow(fallback[Int(node)], token, trie, fallback)
                }
                whole[Int(child)] += whole[Int(fallback[Int(child)])]
            }
        }
        return (fallback, whole)
    }

    private static func follow(
        _ node: Int32, _ token: UInt16, _ trie: Lexicon, _ fallback: [Int32]
    ) -> Int32 {
        var node = node
        while true {
            let child = trie.child(of: node, token: token)
            if child != Lexicon.nowhere { return child }
            if node == Lexicon.root { return node }
            node = fallback[Int(node)]
        }
    }

    /// The node after a token, and how many hotwords it completes.
    func step(_ node: Int32, token: UInt16) -> (node: Int32, whole: Float) {
        let next = Self.follow(node, token, trie, fallback)
        guard let delimiter else { return (next, whole[Int(next)]) }
        return (next, token == delimiter ? whole[Int(node)] : 0)
    }

    /// The share of the weight that a node has.
    func share(of node: Int32) -> Float {
        // Without a delimiter, complete ones are already counted.
        delimiter == nil && whole[Int(node)] > 0 ? 0 : shares[Int(node)]
    }

    /// Whether what was heard of the present word begins a hotword, or goes on with one.
    func isOnTheWay(_ node: Int32) -> Bool { shares[Int(node)] > 0 }

    /// Whether a word that ends at a node is one of a hotword: then it is known, be it in no lexicon and no language model.
    func isWord(_ node: Int32) -> Bool {
        guard let delimiter else { return false }
        return whole[Int(node)] > 0 || trie.child(of: node, token: delimiter) != Lexicon.nowhere
    }

    /// How many hotwords become whole where an utterance ends.
    func wholeAtEnd(_ node: Int32) -> Float { delimiter == nil ? 0 : whole[Int(node)] }
}
