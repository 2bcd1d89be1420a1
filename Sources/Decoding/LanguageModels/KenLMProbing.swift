internal import Tensors

/// A mapped model of KenLM's hash tables (lm/search_hashed.hh, lm/vocab.hh, util/probing_hash_table.hh).
///
/// Its n-grams are stored by hashes, from which words cannot be recovered, so it is queried, not converted.
struct KenLMProbing: NGramModel {
    /// A hash table with linear probing, whose keys are already hashes.
    private struct Table {
        /// Runs of occupied entries are short in KenLM's tables; a broken one could be full.
        private static let longestRun = 1 << 12
        let start: Int
        let buckets: Int
        let entryBytes: Int
        var end: Int { start + buckets * entryBytes }

        init(at start: Int, entries: Int, multiplier: Float, entryBytes: Int) {
            self.start = start
            self.entryBytes = entryBytes
            buckets = max(entries + 1, Int(multiplier * Float(entries)))
        }

        /// The offset of a key's value.
        @inline(__always)
        func find(_ key: UInt64, _ bytes: MappedBytes) -> Int? {
            var bucket = Int(key % UInt64(buckets))
            for _ in 0..<Self.longestRun {
                let place = start + bucket * entryBytes
                let found = bytes.integer(UInt64.self, at: place)
                if found == key { return place + 8 }
                if found == 0 { return nil }
                bucket += 1
                if bucket == buckets { bucket = 0 }
            }
            return nil
        }
    }

    private let bytes: MappedBytes
    private let words: WordTable
    private let unigrams: Int
    private let tables: [Table]
    let sentenceStart: UInt32
    let sentenceEnd: UInt32
    let unknown: UInt32 = 0

    init(_ file: KenLMFile) throws(DecodingError) {
        guard file.kind == .probing else {
            throw DecodingError("holds hash tables with rest costs; build it with `build_binary probing`")
        }
        bytes = file.bytes
        let vocabulary = Table(
            at: file.start + 8, entries: file.counts[0], multiplier: file.multiplier, entryBytes: 12)
        unigrams = vocabulary.end
        var place = unigrams + 8 * (file.counts[0] + 1)
        var tables: [Table] = []
        for order in 2...file.counts.count {
            let table = Table(
                at: place, entries: file.counts[order - 1], multiplier: file.multiplier,
                entryBytes: order < file.counts.count ? 16 : 12)
            tables.append(table)
            place = table.end
        }
        self.tables = tables
        // Each word number has a unigram: there is one more than counted, for `<unk>`.
        words = try file.words(from: place)
        sentenceStart = words.find(SpecialWord.start[...]).map(UInt32.init) ?? 0
        sentenceEnd = words.find(SpecialWord.end[...]).map(UInt32.init) ?? 0
    }

    var order: Int { tables.count + 1 }
    var wordCount: Int { words.count }

    func index(of word: [UInt8]) -> UInt32 { words.find(word[...]).map(UInt32.init) ?? unknown }

    func word(_ index: UInt32) -> [UInt8] { Array(words[Int(index)]) }

    func unigram(_ word: UInt32) -> (logProbability: Float, backoff: Float) {
        let place = unigrams + 8 * Int(word)
        return (probability(at: place), bytes.float(at: place + 4))
    }

    /// The sign says whether longer n-grams exist, not which way the number points.
    private func probability(at place: Int) -> Float { -bytes.float(at: place).magnitude }

    func score(_ word: UInt32, after context: NGramContext) -> (logProbability: Float, next: NGramContext) {
        var next = NGramContext()
        var (score, backoff) = unigram(word)
        next.append(word, backoff: backoff)
        var matched = 1
        var key = UInt64(word)
        for earlier in 0..<context.length {
            let table = tables[earlier]
            key = Self.combine(key, context.words[earlier])
            guard let place = table.find(key, bytes) else { break }
            score = probability(at: place)
            matched = earlier + 2
            guard matched < order else { break }
            backoff = bytes.float(at: place + 4)
            next.append(context.words[earlier], backoff: backoff)
        }
        for missed in min(matched - 1, context.length)..<context.length { score += context.backoffs[missed] }
        return (score, next)
    }

    /// The hash of an n-gram and the word before it (lm/search_hashed.hh, `CombineWordHash`).
    private static func combine(_ hash: UInt64, _ word: UInt32) -> UInt64 {
        hash &* 8_978_948_897_894_561_157 ^ UInt64(1 &+ word) &* 17_894_857_484_156_487_943
    }
}
