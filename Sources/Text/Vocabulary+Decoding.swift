extension Vocabulary {
    /// The text of a frame-by-frame path: repeats merged, blanks dropped (Graves et al., 2006, section 3.1).
    public func decode(path: [Int]) -> String { decode(tokens: tokens(ofPath: path)) }

    /// The tokens of a frame-by-frame path.
    public func tokens(ofPath path: [Int]) -> [Int] {
        var ids: [Int] = []
        var previous = blank
        for id in path {
            if id != previous && id != blank { ids.append(id) }
            previous = id
        }
        return ids
    }

    /// The text of token ids: the delimiter becomes a space, special tokens are dropped.
    ///
    /// The result is the text of transformers' tokenizer with special tokens skipped.
    public func decode(tokens ids: [Int]) -> String {
        let spoken = ids.filter { !isSpecial[$0] || $0 == delimiter }
        var text: String
        switch spelling.unit {
        case .letters:
            text = spoken.map { $0 == delimiter ? spelling.delimiterText : tokens[$0] }.joined()
        case .phones:
            text = spoken.filter { $0 != delimiter }.map { tokens[$0] }.joined(separator: " ")
        }
        text = withoutOuterSpace(text)
        if spelling.lowersCase { text = lowered(text) }
        return spelling.cleansSpaces ? withoutInnerSpace(text) : text
    }

    private func withoutOuterSpace(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[first...last])
    }

    /// Removes spaces as transformers' `clean_up_tokenization` does.
    private func withoutInnerSpace(_ text: String) -> String {
        var scalars = Array(text.unicodeScalars)
        for piece in [" .", " ?", " !", " ,", " ' ", " n't", " 'm", " 's", " 've", " 're"] {
            let found = Array(piece.unicodeScalars)
            scalars = scalars.replacing(found, with: found.filter { $0 != " " })
        }
        return string(scalars)
    }
}
