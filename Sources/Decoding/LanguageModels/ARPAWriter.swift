/// Writes a language model in ARPA's format, order after order.
public struct ARPAWriter {
    private var writer: ScratchWriter

    /// A writer at the end of a file that is empty.
    ///
    /// - Parameter counts: The number of n-grams of each order.
    public init(into file: any Scratch, counts: [Int]) throws {
        writer = ScratchWriter(file)
        try write("\\data\\\n")
        for (index, count) in counts.enumerated() { try write("ngram \(index + 1)=\(count)\n") }
    }

    /// Begins the n-grams of an order.
    public mutating func begin(order: Int) throws { try write("\n\\\(order)-grams:\n") }

    /// Adds an n-gram; the longest have no back-off weight.
    public mutating func add(_ words: [[UInt8]], probability: Float, backoff: Float?) throws {
        try write("\(probability)\t")
        for (index, word) in words.enumerated() {
            if index > 0 { try write(" ") }
            try writer.append(word)
        }
        try write(backoff.map { "\t\($0)\n" } ?? "\n")
    }

    /// Ends the file.
    public mutating func finish() throws {
        try write("\n\\end\\\n")
        try writer.flush()
    }

    private mutating func write(_ text: String) throws { try writer.append(Array(text.utf8)) }
}

extension MappedTrie {
    /// Writes the model in ARPA's format; n-grams that only carry longer ones are left out, as in the
    /// original.
    public func writeARPA(into file: any Scratch) throws {
        let counts = (1...order).map { length in
            (0..<layout.counts[length - 1]).count {
                !layout.levels[length - 1].probability(bytes, $0).isNaN
            }
        }
        var writer = try ARPAWriter(into: file, counts: counts)
        for length in 1...order {
            try writer.begin(order: length)
            for index in 0..<wordCount { try writeSubtree(index, [UInt32(index)], length, &writer) }
        }
        try writer.finish()
    }

    /// Writes the n-grams of a length below a node, with words latest first.
    private func writeSubtree(
        _ index: Int, _ words: [UInt32], _ length: Int, _ writer: inout ARPAWriter
    ) throws {
        let level = layout.levels[words.count - 1]
        if words.count == length {
            let probability = level.probability(bytes, index)
            guard !probability.isNaN else { return }
            let backoff = length < order ? level.backoff(bytes, index) : nil
            return try writer.add(words.reversed().map(word), probability: probability, backoff: backoff)
        }
        let below = layout.levels[words.count]
        for child in level.children(bytes, index, limit: below.count) {
            guard let word = below.words?.value(bytes, child), word < wordCount else { continue }
            try writeSubtree(child, words + [UInt32(word)], length, &writer)
        }
    }
}
