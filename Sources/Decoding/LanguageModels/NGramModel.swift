/// A back-off n-gram model in any form.
///
/// Scores are decimal logarithms, as in ARPA files. A word is named by its number in the model.
public protocol NGramModel: Sendable {
    /// The longest n-gram.
    var order: Int { get }
    /// The number of words, special ones included.
    var wordCount: Int { get }
    /// The number of all unknown words.
    var unknown: UInt32 { get }
    /// The number of `<s>`; that of unknown words if the model has none.
    var sentenceStart: UInt32 { get }
    /// The number of `</s>`; that of unknown words if the model has none.
    var sentenceEnd: UInt32 { get }
    /// The number of a word given as UTF-8, or that of unknown words.
    func index(of word: [UInt8]) -> UInt32
    /// The UTF-8 of a word.
    func word(_ index: UInt32) -> [UInt8]
    /// A word's unigram: its log probability and back-off weight.
    func unigram(_ word: UInt32) -> (logProbability: Float, backoff: Float)
    /// log₁₀ p(word | context), and the context for what follows.
    func score(_ word: UInt32, after context: NGramContext) -> (logProbability: Float, next: NGramContext)
}

/// The words that the next one depends on, latest first, each with the back-off weight of the context up to
/// it.
///
/// Only words that continue an n-gram of the model are kept, so two contexts of equal words score alike.
public struct NGramContext: Sendable, Equatable {
    /// The longest n-gram that contexts support.
    public static let highestOrder = 8

    /// How many words are kept.
    public var length = 0
    /// The words, latest first.
    public var words = SIMD8<UInt32>(repeating: 0)
    /// The weight of backing off from the context of one word, of two, and so on.
    public var backoffs = SIMD8<Float>(repeating: 0)

    /// No word yet.
    public init() {}

    @inline(__always)
    mutating func append(_ word: UInt32, backoff: Float) {
        words[length] = word
        backoffs[length] = backoff
        length += 1
    }
}

extension NGramModel {
    /// The context at the start of a sentence.
    public var start: NGramContext {
        var context = NGramContext()
        if order > 1 { context.append(sentenceStart, backoff: unigram(sentenceStart).backoff) }
        return context
    }

    /// The number of a word.
    public func index(of word: String) -> UInt32 { index(of: Array(word.utf8)) }

    /// A sentence's score: log₁₀ of its probability, including the end, and the number of unknown words.
    public func score(sentence: [String]) -> SentenceScore {
        var total = SentenceScore()
        var context = start
        for word in sentence {
            let index = index(of: word)
            let (score, next) = score(index, after: context)
            total.logProbability += Double(score)
            total.words += 1
            if index == unknown {
                total.unknownWords += 1
                total.logProbabilityOfUnknown += Double(score)
            }
            context = next
        }
        total.logProbability += Double(score(sentenceEnd, after: context).logProbability)
        total.sentences = 1
        return total
    }
}

/// A model's scores of sentences, which can be added.
public struct SentenceScore: Sendable, Equatable {
    /// log₁₀ of the probability of all words and sentence ends.
    public var logProbability = 0.0
    /// The part of it from unknown words.
    public var logProbabilityOfUnknown = 0.0
    /// Words, without sentence ends.
    public var words = 0
    /// Unknown words.
    public var unknownWords = 0
    /// Sentences.
    public var sentences = 0

    /// Nothing yet.
    public init() {}

    /// Adds other sentences.
    public static func += (a: inout SentenceScore, b: SentenceScore) {
        a.logProbability += b.logProbability
        a.logProbabilityOfUnknown += b.logProbabilityOfUnknown
        a.words += b.words
        a.unknownWords += b.unknownWords
        a.sentences += b.sentences
    }

    /// Perplexity per word, counting sentence ends as words.
    public var perplexity: Double { power10(-logProbability / Double(max(1, words + sentences))) }

    /// Perplexity of known words and sentence ends.
    public var perplexityOfKnown: Double {
        let known = Double(max(1, words + sentences - unknownWords))
        return power10((logProbabilityOfUnknown - logProbability) / known)
    }
}
