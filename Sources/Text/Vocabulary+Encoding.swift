extension Vocabulary {
    /// The ids of a transcript: its letters with the delimiter between words, or its phones.
    ///
    /// For letters, the longest matching token is taken, from left to right, as in transformers' tokenizer.
    /// Spaces beside a token of several letters are word ends here, too; there they are lost.
    ///
    /// - Parameter policy: What to do with characters outside the vocabulary.
    /// - Throws: `TextError` that names each character or phone outside the vocabulary.
    public func encode(
        _ text: String, unknown policy: UnknownCharacters = .refuse
    ) throws(TextError) -> [Int] {
        let (ids, missing) = tokenize(text, replacing: policy == .unknown ? unknown : nil)
        guard missing.isEmpty || policy == .drop || policy == .unknown && unknown != nil else {
            throw TextError(
                policy == .unknown
                    ? "the vocabulary has no token \"\(spelling.unknown)\" for what it lacks"
                    : sentence(ofMissing: missing))
        }
        return ids
    }

    /// The ids of the known parts of a transcript, and each unknown character or phone, once.
    public func tokenize(_ text: String) -> (ids: [Int], unknown: [String]) { tokenize(text, replacing: nil) }

    /// A text without its unknown characters or phones.
    public func known(_ text: String) -> String {
        words(raised(text)).compactMap { word in
            let known = cut(Array(word.unicodeScalars)).filter { $0.id != nil }.flatMap(\.scalars)
            return known.isEmpty ? nil : string(known)
        }.joined(separator: " ")
    }

    /// The name of an unknown character, with the token that looks the same if there is one.
    public func nameOfMissing(_ text: String) -> String {
        guard let twin = twin(of: text) else { return named(text) }
        func points(_ text: String) -> String { text.unicodeScalars.map(codePoint).joined(separator: " ") }
        return "\"\(text)\" (\(points(text)); the vocabulary has \(points(twin)))"
    }

    /// The message about unknown characters.
    public func sentence(ofMissing missing: [String]) -> String {
        let names = missing.map(nameOfMissing).joined(separator: ", ") + " not in the vocabulary"
        return missing.contains { twin(of: $0) != nil }
            ? names + ", which has the same in another Unicode form: normalise the texts to NFC" : names
    }

    /// The token that is the same letter in another Unicode form: equal as Swift has it.
    private func twin(of text: String) -> String? {
        zip(tokens, isSpecial).first { $0 == text && !$1 && !$0.utf8.elementsEqual(text.utf8) }?.0
    }

    private func tokenize(_ text: String, replacing: Int?) -> (ids: [Int], unknown: [String]) {
        var ids: [Int] = []
        var missing: [String] = []
        var seen = Set<[Unicode.Scalar]>()
        for (index, word) in words(raised(text)).enumerated() {
            if index > 0, spelling.unit == .letters, let delimiter { ids.append(delimiter) }
            let scalars = Array(word.unicodeScalars)
            let pieces = cut(scalars)
            for piece in pieces {
                if let id = piece.id ?? replacing { ids.append(id) }
            }
            guard pieces.contains(where: { $0.id == nil }) else { continue }
            for name in names(of: pieces, in: word) where seen.insert(Array(name.unicodeScalars)).inserted {
                missing.append(name)
            }
        }
        return (ids, missing)
    }

    private func raised(_ text: String) -> String { spelling.lowersCase ? text.uppercased() : text }

    /// Some code points and the row of the token they are, if there is one.
    private struct Piece {
        let id: Int?
        let scalars: ArraySlice<Unicode.Scalar>
    }

    /// Splits a word into tokens, and into single code points where no token fits.
    private func cut(_ scalars: [Unicode.Scalar]) -> [Piece] {
        guard spelling.unit == .letters else { return [Piece(id: spokenId(scalars), scalars: scalars[...])] }
        var pieces: [Piece] = []
        var rest = scalars[...]
        while !rest.isEmpty {
            let lengths = stride(from: min(longestToken, rest.count), to: 0, by: -1)
            let found = lengths.lazy.compactMap { length in
                self.spokenId(rest.prefix(length)).map { Piece(id: $0, scalars: rest.prefix(length)) }
            }.first
            let piece = found ?? Piece(id: nil, scalars: rest.prefix(1))
            pieces.append(piece)
            rest = rest.dropFirst(piece.scalars.count)
        }
        return pieces
    }

    /// The unknown characters of a word as readers see them: a letter together with its marks.
    private func names(of pieces: [Piece], in word: String) -> [String] {
        guard spelling.unit == .letters else { return [word] }
        let isMissing = pieces.flatMap { piece in piece.scalars.map { _ in piece.id == nil } }
        var place = 0
        return word.compactMap { character in
            let range = place..<place + character.unicodeScalars.count
            place = range.upperBound
            return isMissing[range].contains(true) ? String(character) : nil
        }
    }
}
