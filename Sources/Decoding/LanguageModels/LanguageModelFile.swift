public import Tensors

/// What a file of a language model is, by its first bytes.
public enum LanguageModelFormat: Sendable, Equatable {
    /// A mapped trie of this program's.
    case trie
    /// KenLM's hash tables, read where they lie.
    case kenLMProbing
    /// KenLM's trie, which becomes one of ours.
    case kenLMTrie
    /// Text, which becomes a trie of ours: ARPA, perhaps compressed by gzip.
    case arpa(isCompressed: Bool)

    /// The format of a file's bytes.
    ///
    /// What is no binary model is taken for text.
    public init(of bytes: MappedBytes) throws(DecodingError) {
        if MappedTrie.recognizes(bytes) {
            self = .trie
        } else if KenLMFile.recognizes(bytes) {
            switch try KenLMFile(bytes).kind {
            case .probing, .probingWithRestCosts: self = .kenLMProbing
            case .trie, .quantizedTrie, .arrayTrie, .quantizedArrayTrie: self = .kenLMTrie
            }
        } else {
            self = .arpa(isCompressed: bytes.count > 1 && bytes[0] == 0x1F && bytes[1] == 0x8B)
        }
    }
}

/// A model that is read where it lies; nil where its format has to be converted first.
public func mappedModel(_ bytes: MappedBytes) throws(DecodingError) -> (any NGramModel)? {
    switch try LanguageModelFormat(of: bytes) {
    case .trie: try MappedTrie(bytes)
    case .kenLMProbing: try KenLMProbing(KenLMFile(bytes))
    case .kenLMTrie, .arpa: nil
    }
}

/// What opening a model will take, by its header.
public struct LanguageModelSize: Sendable, Equatable {
    /// The bytes that are mapped while it is used: those of its file, or nearly those of the trie that it becomes.
    public let mappedBytes: Int
    /// Its words.
    public let words: Int
    /// Whether it has to be converted first.
    public let isConverted: Bool
}

/// What opening a model will take; of text, no more is read than the header.
///
/// - Parameter name: What faults name.
public func languageModelSize(name: String, _ bytes: MappedBytes) throws -> LanguageModelSize {
    func converted(_ counts: [Int]) -> LanguageModelSize {
        let usualWordBytes = 9
        let layout = TrieLayout(
            counts: counts, wordBytes: usualWordBytes * counts[0], unknown: 0, sentenceStart: 0,
            sentenceEnd: 0)
        return LanguageModelSize(mappedBytes: layout.end, words: counts[0], isConverted: true)
    }
    if let model = try mappedModel(bytes) {
        return LanguageModelSize(mappedBytes: bytes.count, words: model.wordCount, isConverted: false)
    }
    guard case .arpa(let isCompressed) = try LanguageModelFormat(of: bytes) else {
        return converted(try KenLMFile(bytes).counts)
    }
    let source = pieces(of: bytes)
    var reader = ARPAReader(name: name, isCompressed ? inflate(source) : source)
    return converted(try reader.counts())
}

/// Writes a model of another format as a mapped trie.
///
/// - Parameter name: What faults name.
/// - Throws: `DecodingError`, or what the workspace throws.
public func convertModel(
    name: String, _ bytes: MappedBytes, into file: any Scratch, workspace: Workspace
) throws {
    switch try LanguageModelFormat(of: bytes) {
    case .arpa(let isCompressed):
        var source = pieces(of: bytes)
        if isCompressed { source = inflate(source) }
        var reader = ARPAReader(name: name, source)
        try reader.convert(into: file, workspace: workspace)
    case .kenLMTrie: try KenLMFile(bytes).convertTrie(into: file, workspace: workspace)
    case .kenLMProbing:
        throw DecodingError(
            "holds hash tables, from which n-grams cannot be had back; "
                + "it can be used as it is, or converted from the ARPA file that it was built of")
    case .trie: throw DecodingError("is a model of this format already")
    }
}

/// The bytes of a file, piece after piece.
private func pieces(of bytes: MappedBytes) -> ByteSource {
    var place = 0
    return {
        guard place < bytes.count else { return nil }
        let end = min(bytes.count, place + 1 << 18)
        defer {
            place = end
            if end % (1 << 24) == 0 { bytes.release(before: end) }
        }
        return bytes.copy(place..<end)
    }
}
