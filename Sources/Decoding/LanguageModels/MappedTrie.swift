public import Tensors

/// A back-off n-gram model in one mapped piece of bytes: about 10 bytes an n-gram, shared by all ranks of a
/// node.
///
/// N-grams are found from their last word backwards (a reverse trie, as in KenLM; Heafield, 2011, section
/// 3.2), so that one walk finds the longest n-gram that matches and the back-off weights of all contexts for
/// the next word. Words are numbered in the order of their UTF-8. An n-gram that stands only above longer
/// ones, because its own was pruned, has no number for a probability and is passed through.
public struct MappedTrie: NGramModel {
    let bytes: MappedBytes
    let layout: TrieLayout

    /// A model in the format that `TrieBuilder` writes.
    ///
    /// Only the header is looked at, and that all parts lie inside: what they hold cannot lead outside,
    /// whatever it is.
    ///
    /// - Throws: `DecodingError` where the bytes are no such model.
    public init(_ bytes: MappedBytes) throws(DecodingError) {
        layout = try TrieLayout(reading: bytes)
        self.bytes = bytes
    }

    /// Whether bytes begin as a model of this format does.
    public static func recognizes(_ bytes: MappedBytes) -> Bool {
        bytes.count >= TrieLayout.magic.count
            && bytes.copy(0..<TrieLayout.magic.count) == TrieLayout.magic
    }

    /// The longest n-gram.
    public var order: Int { layout.order }
    /// The number of words, special ones included.
    public var wordCount: Int { layout.counts[0] }
    /// The number of every word that the model does not know.
    public var unknown: UInt32 { layout.unknown }
    /// The number of `<s>`.
    public var sentenceStart: UInt32 { layout.sentenceStart }
    /// The number of `</s>`.
    public var sentenceEnd: UInt32 { layout.sentenceEnd }

    /// The number of a word given as UTF-8, or that of unknown words.
    public func index(of word: [UInt8]) -> UInt32 {
        var (low, high) = (0, wordCount)
        while low < high {
            let middle = (low + high) / 2
            let order = bytes.compare(wordRange(middle), with: word)
            if order == 0 { return UInt32(middle) }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return unknown
    }

    /// The UTF-8 of a word.
    public func word(_ index: UInt32) -> [UInt8] { bytes.copy(wordRange(Int(index))) }

    private func wordRange(_ index: Int) -> Range<Int> {
        let start = layout.wordBytes(bytes, index)
        let end = layout.wordBytes(bytes, index + 1)
        // A broken file's offsets need not rise, nor stay inside.
        let limit = layout.words.count
        let lower = min(start, limit)
        let range = lower..<max(lower, min(end, limit))
        return layout.words.lowerBound + range.lowerBound..<layout.words.lowerBound + range.upperBound
    }

    /// A word's own logarithm and back-off weight.
    public func unigram(_ word: UInt32) -> (logProbability: Float, backoff: Float) {
        let level = layout.levels[0]
        return (level.probability(bytes, Int(word)), level.backoff(bytes, Int(word)))
    }

    /// log₁₀ p(word | context), and the context for what follows.
    public func score(
        _ word: UInt32, after context: NGramContext
    ) -> (logProbability: Float, next: NGramContext) {
        precondition(word < UInt32(wordCount), "word \(word) of \(wordCount)")
        var next = NGramContext()
        let first = layout.levels[0]
        var score = first.probability(bytes, Int(word))
        if order > 1 { next.append(word, backoff: first.backoff(bytes, Int(word))) }
        var matched = 1
        var children = order > 1 ? first.children(bytes, Int(word), limit: layout.counts[1]) : 0..<0
        for earlier in 0..<context.length {
            let length = earlier + 2
            guard length <= order else { break }
            let level = layout.levels[length - 1]
            guard let place = level.find(bytes, context.words[earlier], in: children) else { break }
            let found = level.probability(bytes, place)
            if !found.isNaN { (score, matched) = (found, length) }
            guard length < order else { break }
            next.append(context.words[earlier], backoff: level.backoff(bytes, place))
            children = level.children(bytes, place, limit: layout.counts[length])
        }
        for missed in min(matched - 1, context.length)..<context.length { score += context.backoffs[missed] }
        return (score, next)
    }
}
