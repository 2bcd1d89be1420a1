/// A set of byte strings with a number each, walked byte by byte: the pieces of a vocabulary.
///
/// The children of a node are contiguous, in byte order; a step is a search among them.
struct ByteTrie: Sendable {
    /// A node of the trie.
    typealias Node = Int

    /// Where the walk begins.
    static let root: Node = 0

    // Node n is reached by label[n]; its children are firstChild[n]..<firstChild[n + 1].
    private var label: [UInt8] = [0]
    private var firstChild: [Int32] = []
    private var values: [Int32] = [-1]

    /// The trie of strings and their numbers, from 0; for equal strings the last number counts.
    init(_ entries: [(key: [UInt8], value: Int)]) {
        let sorted = entries.enumerated()
            .sorted { a, b in
                if a.element.key == b.element.key { return a.offset < b.offset }
                return a.element.key.lexicographicallyPrecedes(b.element.key)
            }
            .map(\.element)
        // Breadth first, so that children of one node get neighbouring numbers.
        var pending: [(entries: Range<Int>, depth: Int)] = [(0..<sorted.count, 0)]
        var node = 0
        while node < pending.count {
            let (range, depth) = pending[node]
            firstChild.append(Int32(pending.count))
            var start = range.lowerBound
            while start < range.upperBound, sorted[start].key.count == depth {
                values[node] = Int32(sorted[start].value)
                start += 1
            }
            while start < range.upperBound {
                let byte = sorted[start].key[depth]
                var end = start + 1
                while end < range.upperBound, sorted[end].key[depth] == byte { end += 1 }
                pending.append((start..<end, depth + 1))
                label.append(byte)
                values.append(-1)
                start = end
            }
            node += 1
        }
        firstChild.append(Int32(pending.count))
    }

    /// The node after a byte, or nil if no string continues so.
    func step(_ node: Node, _ byte: UInt8) -> Node? {
        var low = Int(firstChild[node])
        let end = Int(firstChild[node + 1])
        var high = end
        while low < high {
            let middle = (low + high) / 2
            if label[middle] < byte { low = middle + 1 } else { high = middle }
        }
        return low < end && label[low] == byte ? low : nil
    }

    /// The node after several bytes.
    func walk(_ bytes: some Sequence<UInt8>, from node: Node = root) -> Node? {
        var node = node
        for byte in bytes {
            guard let next = step(node, byte) else { return nil }
            node = next
        }
        return node
    }

    /// The number of the string that ends at a node, or nil.
    func value(_ node: Node) -> Int? { values[node] >= 0 ? Int(values[node]) : nil }

    /// The number of a string, or nil.
    func value(of bytes: some Sequence<UInt8>) -> Int? { walk(bytes).flatMap(value) }
}
