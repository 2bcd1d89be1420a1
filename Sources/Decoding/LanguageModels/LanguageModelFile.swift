public import Tensors

/// The format of a language model file, by its first bytes.
public enum LanguageModelFormat: Sendable, Equatable {
    /// A mapped trie of this program's.
    case trie
    /// KenLM's hash tables, mapped.
    case kenLMProbing
    /// KenLM's trie, which is converted to ours.
    case kenLMTrie
    /// Text, which is converted to our trie: ARPA, perhaps gzipped.
    case arpa(isCompressed: Bool)

    /// The format of a file's bytes.
    ///
    /// Anything that is not a binary model is treated as text.
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

/// A mapped model; nil if its format has to be converted first.
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
/// - Parameter name: The name in error messages.
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
            "contains hash tables, from which n-grams cannot be recovered; "
                + "use it directly, or convert the ARPA file that it was built from")
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
