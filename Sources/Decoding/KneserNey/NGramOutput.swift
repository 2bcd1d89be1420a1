/// The destination of an estimated model's n-grams: order by order, words by number.
public protocol NGramOutput {
    /// Begins a model with these counts of n-grams per order.
    mutating func begin(words: WordTable, counts: [Int]) throws
    /// Adds an n-gram, with log₁₀ of its probability and of its back-off weight.
    mutating func add(_ words: [Int], probability: Float, backoff: Float) throws
    /// Ends the model.
    mutating func finish() throws
}

/// Writes an estimated model as a mapped trie.
public struct TrieOutput: NGramOutput {
    private let file: any Scratch
    private let workspace: Workspace
    private var builder: TrieBuilder?
    private var words = WordTable()
    /// The builder's number of each word; pruned words have none.
    private var numbers: [Int] = []
    private var added = 0

    /// An output to the end of a file that is empty.
    public init(into file: any Scratch, workspace: Workspace) {
        self.file = file
        self.workspace = workspace
    }

    /// Begins a model with these counts of n-grams per order.
    public mutating func begin(words: WordTable, counts: [Int]) throws {
        builder = try TrieBuilder(order: counts.count, workspace: workspace)
        self.words = words
        numbers = [Int](repeating: -1, count: words.count)
    }

    /// Adds an n-gram, with log₁₀ of its probability and of its back-off weight.
    public mutating func add(_ gram: [Int], probability: Float, backoff: Float) throws {
        if gram.count == 1 {
            try builder?.add(word: words[gram[0]], probability: probability, backoff: backoff)
            numbers[gram[0]] = added
            added += 1
            return
        }
        try finishWords()
        try builder?.add(words: gram.map { numbers[$0] }, probability: probability, backoff: backoff)
    }

    /// Ends the model.
    public mutating func finish() throws {
        try finishWords()
        try builder?.finish(into: file)
        builder = nil
    }

    private mutating func finishWords() throws {
        guard added > 0 else { return }
        try builder?.finishWords()
        added = 0
    }
}

/// Writes an estimated model in ARPA's format.
public struct ARPAOutput: NGramOutput {
    private let file: any Scratch
    private var writer: ARPAWriter?
    private var words = WordTable()
    private var order = 0
    private var highest = 0

    /// An output to the end of a file that is empty.
    public init(into file: any Scratch) { self.file = file }

    /// Begins a model with these counts of n-grams per order.
    public mutating func begin(words: WordTable, counts: [Int]) throws {
        writer = try ARPAWriter(into: file, counts: counts)
        self.words = words
        highest = counts.count
    }

    /// Adds an n-gram, with log₁₀ of its probability and of its back-off weight.
    public mutating func add(_ gram: [Int], probability: Float, backoff: Float) throws {
        while order < gram.count {
            order += 1
            try writer?.begin(order: order)
        }
        try writer?.add(
            gram.map { Array(words[$0]) }, probability: probability,
            backoff: gram.count < highest ? backoff : nil)
    }

    /// Ends the model.
    public mutating func finish() throws {
        while order < highest {
            order += 1
            try writer?.begin(order: order)
        }
        try writer?.finish()
    }
}
