/// From adjusted counts to probabilities.
struct Interpolation {
    let order: Int
    let wordBits: Int
    let workspace: Workspace
    let discounts: [Discounts]
    /// Words that can follow: all but `<s>`.
    let vocabulary: Int

    /// Reads each order's adjusted counts and reports all n-grams with their probabilities, shortest first.
    mutating func run(_ sorters: inout [NGramSorter], into output: inout some NGramOutput) throws {
        // From the longest down: an order's contexts are n-grams of the next lower order, which need their
        // weights.
        var suffixSorted: [NGramStream] = []
        var contexts: NGramStream?
        for length in stride(from: order, through: 1, by: -1) {
            let counts = try sorters[length - 1].sorted()
            sorters[length - 1] = NGramSorter(workspace)
            let (grams, below) = try discounted(counts, length: length, contexts: contexts)
            suffixSorted.insert(grams, at: 0)
            contexts = below
        }
        var shorter: NGramStream?
        for length in 1...order {
            shorter = try interpolated(
                suffixSorted.removeFirst(), length: length, shorter: shorter, into: &output)
        }
    }

    /// For each kept n-gram, its discounted probability and the weight of the shorter n-gram, in suffix
    /// order; and that weight for each context, in prefix order.
    ///
    /// The weight is the mass left over by discounting and pruning: Σ D(a) over the kept n-grams and Σ a over
    /// the others, divided by Σ a over all.
    private func discounted(
        _ counts: consuming NGramStream, length: Int, contexts longer: consuming NGramStream?
    ) throws -> (grams: NGramStream, contexts: NGramStream) {
        var grams = NGramSorter(workspace)
        var weights = ScratchWriter(try workspace.scratch())
        let discount = discounts[length - 1]
        var group: [NGramRecord] = []
        while let first = counts.next {
            let context = first.key >> UInt128(wordBits)
            group.removeAll(keepingCapacity: true)
            var total = 0.0
            var left = 0.0
            while let record = counts.next, record.key >> UInt128(wordBits) == context {
                _ = try counts.pop()
                total += Double(record.first)
                left += record.second == 1 ? Double(record.first) : discount.of(record.first)
                group.append(record)
            }
            let weight = left / total
            try NGramRecord(key: context, first: weight.bitPattern).write(to: &weights)
            for record in group where record.second == 0 {
                // The weight of backing off to this n-gram, if anything follows it.
                while let other = longer?.next, other.key < record.key { _ = try longer?.pop() }
                let backoff =
                    longer?.next?.key == record.key ? Double(bitPattern: longer?.next?.first ?? 0) : 1
                let probability = (Double(record.first) - discount.of(record.first)) / total
                let halves = UInt64(Float(probability).bitPattern) | UInt64(Float(weight).bitPattern) << 32
                try grams.append(
                    NGramRecord(
                        key: reversed(record.key, length), first: halves,
                        second: UInt64(Float(backoff).bitPattern)))
            }
        }
        try weights.flush()
        return (try grams.sorted(), try NGramStream(weights.scratch, memoryBytes: workspace.memoryBytes))
    }

    /// The same words in reverse order of comparison.
    private func reversed(_ key: UInt128, _ length: Int) -> UInt128 {
        let mask = UInt128(1) << UInt128(wordBits) - 1
        var (rest, result) = (key, UInt128(0))
        for _ in 0..<length {
            result = result << UInt128(wordBits) | rest & mask
            rest >>= UInt128(wordBits)
        }
        return result
    }

    /// Adds the shorter n-gram's share, reports the result, and keeps it for the next order.
    private func interpolated(
        _ grams: consuming NGramStream, length: Int, shorter: consuming NGramStream?,
        into output: inout some NGramOutput
    ) throws -> NGramStream {
        var results = ScratchWriter(try workspace.scratch())
        let mask = UInt128(1) << UInt128(wordBits) - 1
        var words = [Int](repeating: 0, count: length)
        while let gram = try grams.pop() {
            let discounted = Double(Float(bitPattern: UInt32(truncatingIfNeeded: gram.first)))
            let weight = Double(Float(bitPattern: UInt32(truncatingIfNeeded: gram.first >> 32)))
            let suffix = gram.key >> UInt128(wordBits)
            while let other = shorter?.next, other.key < suffix { _ = try shorter?.pop() }
            let below =
                length == 1
                ? 1 / Double(vocabulary) : shorter?.next.map { Double(bitPattern: $0.first) } ?? 0
            // `<s>` is never predicted; it is written as certain.
            let isStart = length == 1 && gram.key == UInt128(KneserNeyBuilder.start)
            let probability = isStart ? 1 : discounted + weight * below
            try NGramRecord(key: gram.key, first: probability.bitPattern).write(to: &results)
            var rest = gram.key
            for index in words.indices {
                words[index] = Int(rest & mask)
                rest >>= UInt128(wordBits)
            }
            let backoff = Double(Float(bitPattern: UInt32(truncatingIfNeeded: gram.second)))
            try output.add(
                words, probability: Float(logarithm10(probability)), backoff: Float(logarithm10(backoff)))
        }
        try results.flush()
        return try NGramStream(results.scratch, memoryBytes: workspace.memoryBytes)
    }
}
