internal import Text

/// All texts considered by the search, as a tree of tokens with shared prefixes.
struct PrefixTree {
    /// A text that ends with a token, with its language scores.
    struct Node {
        var parent: Int32
        var firstChild: Int32 = -1
        var nextSibling: Int32 = -1
        let token: UInt16
        /// The current word's node in the lexicon.
        var lexiconNode = Lexicon.root
        /// Tokens of the current word.
        var wordLength: Int32 = 0
        /// The word of the lexicon that ended with this token, or -1.
        var entry: Int32 = -1
        /// The language model's context, an index into `contexts`.
        var context: Int32 = 0
        /// The text's state in the hotword automaton.
        var hotword: Int32 = 0
        /// The score of whole words, or of tokens, in the language.
        var settled: Float = 0
        /// The same, plus the estimates for the unfinished word and hotword.
        var language: Float = 0
        /// The index among the current frame's beams, valid if `frame` is the current one.
        var slot: Int32 = 0
        var frame: Int32 = -1
    }

    private(set) var nodes: [Node]
    private(set) var contexts: [NGramContext]
    private let language: Language
    private let settings: BeamSettings
    /// The weighted penalty of an unknown word; minus infinity if forbidden.
    private let unknownPenalty: Float
    private let weight: Float

    /// Tokens of a word beyond which an unknown one costs more (pyctcdecode's `AVG_TOKEN_LEN`).
    private static let usualWordLength: Float = 6
    /// The empty text.
    static let root: Int32 = 0

    init(_ language: Language, _ settings: BeamSettings) {
        self.language = language
        self.settings = settings
        weight = settings.alpha * naturalLogarithmOf10
        unknownPenalty =
            switch settings.unknownWords {
            case .scored: 0
            case .penalized(let penalty): penalty * weight
            case .forbidden: -.infinity
            }
        var start = NGramContext()
        if let model = language.model, settings.hasBoundaries { start = model.start }
        contexts = [start]
        // The first word begins as if after a delimiter.
        nodes = [Node(parent: -1, token: language.delimiter ?? .max)]
        nodes[0].hotword = language.hotwords?.start ?? 0
    }

    subscript(node: Int32) -> Node {
        @inline(__always) get { nodes[Int(node)] }
        @inline(__always) _modify { yield &nodes[Int(node)] }
    }

    /// The text with another token; nil if the language forbids it.
    mutating func child(of parent: Int32, token: UInt16) -> Int32? {
        var child = nodes[Int(parent)].firstChild
        while child >= 0 {
            if nodes[Int(child)].token == token {
                return nodes[Int(child)].language == -.infinity ? nil : child
            }
            child = nodes[Int(child)].nextSibling
        }
        var node = extended(nodes[Int(parent)], by: token)
        node.parent = parent
        node.nextSibling = nodes[Int(parent)].firstChild
        nodes.append(node)
        nodes[Int(parent)].firstChild = Int32(nodes.count - 1)
        return node.language == -.infinity ? nil : Int32(nodes.count - 1)
    }

    private mutating func extended(_ parent: Node, by token: UInt16) -> Node {
        var node = Node(parent: -1, token: token)
        node.context = parent.context
        node.settled = parent.settled
        var pending: Float = 0
        if let hotwords = language.hotwords {
            let (next, whole) = hotwords.step(parent.hotword, token: token)
            node.hotword = next
            node.settled += settings.hotwordWeight * whole
            pending += settings.hotwordWeight * hotwords.share(of: next)
        }
        if language.unit == .character, let model = language.model {
            append(language.modelNumber(ofToken: token), of: model, to: &node)
        }
        if token == language.delimiter {
            if parent.wordLength > 0 { endWord(of: parent, in: &node) }
        } else {
            node.wordLength = parent.wordLength + 1
            if let lexicon = language.lexicon {
                node.lexiconNode = lexicon.child(of: parent.lexiconNode, token: token)
                pending += promise(of: node)
            }
        }
        node.language = node.settled + pending
        return node
    }

    /// What the unfinished word is worth: nothing as long as it may become one that is known.
    private func promise(of node: Node) -> Float {
        let mayBeKnown =
            node.lexiconNode != Lexicon.nowhere || language.hotwords?.isOnTheWay(node.hotword) == true
        guard !mayBeKnown else { return 0 }
        return switch settings.unknownWords {
        case .forbidden: -.infinity
        case .scored: 0
        // The longer the dearer, lest several words be heard as one.
        case .penalized(let penalty):
            settings.beta + penalty * max(1, Float(node.wordLength) / Self.usualWordLength)
        }
    }

    /// Scores the word that ends with a text; among homographs the likeliest.
    private mutating func endWord(of parent: Node, in node: inout Node) {
        guard let lexicon = language.lexicon else { return }
        let entries = lexicon.entries(at: parent.lexiconNode)
        guard let model = language.unit == .word ? language.model : nil else {
            if entries.isEmpty { node.settled += penalty(ofUnknown: parent) }
            node.entry = entries.first.map { Int32($0) } ?? -1
            return
        }
        guard !entries.isEmpty else {
            append(model.unknown, of: model, to: &node)
            node.settled += penalty(ofUnknown: parent)
            return
        }
        let context = contexts[Int(node.context)]
        let scores = entries.map { entry in
            (entry, model.score(language.modelNumber(ofEntry: entry), after: context))
        }
        guard let (entry, best) = scores.max(by: { $0.1.logProbability < $1.1.logProbability }) else {
            return
        }
        node.entry = Int32(entry)
        settle(best, in: &node)
    }

    /// What a word costs that lexicon and language model have not: nothing if it is a hotword's.
    private func penalty(ofUnknown word: Node) -> Float {
        language.hotwords?.isWord(word.hotword) == true ? 0 : unknownPenalty
    }

    private mutating func append(_ unit: UInt32, of model: any NGramModel, to node: inout Node) {
        settle(model.score(unit, after: contexts[Int(node.context)]), in: &node)
    }

    private mutating func settle(
        _ score: (logProbability: Float, next: NGramContext), in node: inout Node
    ) {
        node.settled += weight * score.logProbability + settings.beta
        node.context = Int32(contexts.count)
        contexts.append(score.next)
    }

    /// The language score of a text that ends here: its last word is complete.
    mutating func finalScore(of index: Int32, isLast: Bool) -> (score: Float, entry: Int32) {
        let node = nodes[Int(index)]
        var end = Node(parent: -1, token: .max)
        end.context = node.context
        end.settled = node.settled
        if node.wordLength > 0 { endWord(of: node, in: &end) }
        if let hotwords = language.hotwords {
            end.settled += settings.hotwordWeight * hotwords.wholeAtEnd(node.hotword)
        }
        if isLast, settings.hasBoundaries, let model = language.model {
            let (score, _) = model.score(model.sentenceEnd, after: contexts[Int(end.context)])
            end.settled += weight * score
        }
        return (end.settled, end.entry)
    }

    /// The tokens of a text.
    func tokens(of index: Int32) -> [Int] {
        var tokens: [Int] = []
        var node = index
        while node > Self.root {
            tokens.append(Int(nodes[Int(node)].token))
            node = nodes[Int(node)].parent
        }
        return tokens.reversed()
    }

    /// The words of a text as in the lexicon, or as spelled.
    func text(of index: Int32, lastEntry: Int32) -> String {
        guard language.tellsEntries, let lexicon = language.lexicon else {
            return words(language.vocabulary.decode(tokens: tokens(of: index))).joined(separator: " ")
        }
        var told: [String] = []
        var spelled: [Int] = []
        var entry = lastEntry
        func tell() {
            if entry >= 0 {
                told.append(lexicon.words[Int(entry)])
            } else if !spelled.isEmpty {
                told.append(language.vocabulary.decode(tokens: spelled.reversed()))
            }
            spelled = []
        }
        var node = index
        while node > Self.root {
            let here = nodes[Int(node)]
            if here.token == language.delimiter {
                tell()
                entry = here.entry
            } else {
                spelled.append(Int(here.token))
            }
            node = here.parent
        }
        tell()
        return told.reversed().joined(separator: " ")
    }

    /// Keeps these texts and their prefixes; returns their new numbers.
    mutating func compact(keeping live: [Int32]) -> [Int32] {
        var number = [Int32](repeating: -1, count: nodes.count)
        for var node in live {
            while node >= 0 && number[Int(node)] < 0 {
                number[Int(node)] = 0
                node = nodes[Int(node)].parent
            }
        }
        var kept: [Node] = []
        var keptContexts: [NGramContext] = []
        var contextNumber = [Int32](repeating: -1, count: contexts.count)
        for index in nodes.indices where number[index] >= 0 {
            // Parents come before their children.
            number[index] = Int32(kept.count)
            var node = nodes[index]
            (node.firstChild, node.nextSibling, node.frame) = (-1, -1, -1)
            if contextNumber[Int(node.context)] < 0 {
                contextNumber[Int(node.context)] = Int32(keptContexts.count)
                keptContexts.append(contexts[Int(node.context)])
            }
            node.context = contextNumber[Int(node.context)]
            if node.parent >= 0 {
                node.parent = number[Int(node.parent)]
                node.nextSibling = kept[Int(node.parent)].firstChild
                kept[Int(node.parent)].firstChild = Int32(kept.count)
            }
            kept.append(node)
        }
        nodes = kept
        contexts = keptContexts
        return live.map { number[Int($0)] }
    }
}
