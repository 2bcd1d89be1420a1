import Decoding
import Tensors
import Text

/// What stands for a file.
func model(arpa: String) throws -> MappedTrie {
    let file = MemoryFile()
    var reader = ARPAReader(name: "lm.arpa", bytes(arpa))
    try reader.convert(into: file, workspace: .inMemory())
    return try MappedTrie(MappedBytes(file.bytes))
}

/// A file in memory, whose bytes can be looked at.
final class MemoryFile: Scratch {
    var bytes: [UInt8] = []
    var count: Int { bytes.count }
    func append(_ more: [UInt8]) { bytes += more }
    func read(_ range: Range<Int>) -> [UInt8] { Array(bytes[range]) }
}

/// The bytes of a text in pieces of a few, so that pieces end anywhere.
func bytes(_ text: String, pieces: Int = 7) -> ByteSource { bytes(Array(text.utf8), pieces: pieces) }

func bytes(_ all: [UInt8], pieces: Int = 7) -> ByteSource {
    var place = 0
    return {
        guard place < all.count else { return nil }
        defer { place += pieces }
        return Array(all[place..<min(all.count, place + pieces)])
    }
}

/// A small model of two words, with back-off weights in all orders.
let smallARPA = """
    \\data\\
    ngram 1=5
    ngram 2=5
    ngram 3=2

    \\1-grams:
    -1.2\t<unk>
    -99\t<s>\t-0.3
    -0.6\t</s>
    -0.5\ta\t-0.4
    -0.9\tb\t-0.2

    \\2-grams:
    -0.3\t<s> a\t-0.1
    -0.7\ta b\t-0.25
    -0.4\tb a\t0.05
    -0.5\tb </s>
    -0.8\ta </s>

    \\3-grams:
    -0.2\t<s> a b
    -0.1\ta b a

    \\end\\
    """

/// Logits that follow from a seed.
func logits(frames: Int, tokens: Int, seed: UInt64, spread: Double = 2) -> FlatBuffer {
    let random = CountedRandom(seed: seed, stream: .initialization)
    let buffer = FlatBuffer(count: frames * tokens)
    for index in 0..<frames * tokens { buffer.all[index] = Float(random.normal(at: UInt64(index)) * spread) }
    return buffer
}
