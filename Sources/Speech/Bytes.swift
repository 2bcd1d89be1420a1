// Names, paths and keys are compared by their bytes. To Swift, composed and decomposed é are the same string,
// and a space followed by a mark is one character; to a file system and to the tools that make corpora they
// are not.

extension StringProtocol {
    /// The bytes in UTF-8, which distinguish names.
    package var bytes: [UInt8] { Array(utf8) }

    /// Whether the bytes are the same.
    package func hasBytes(of other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }

    /// Whether the bytes come first, which is the order of `LC_ALL=C sort`.
    package func precedes(_ other: some StringProtocol) -> Bool {
        utf8.lexicographicallyPrecedes(other.utf8)
    }
}

extension String {
    /// Splits at a separator byte; the last piece takes the rest.
    func pieces(
        atMost count: Int = .max, omittingEmpty: Bool = true, separatedBy isSeparator: (UInt8) -> Bool
    ) -> [String] {
        var cut = utf8.split(
            maxSplits: count - 1, omittingEmptySubsequences: omittingEmpty, whereSeparator: isSeparator)
        if omittingEmpty, let last = cut.popLast() {
            // The separators after the last split belong to no piece.
            let start = last.drop(while: isSeparator)
            cut.append(start)
        }
        return cut.map { String(Substring($0)) }.filter { !omittingEmpty || !$0.isEmpty }
    }

    /// The text without spaces and tabs at its ends.
    var trimmed: String {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        let start = utf8.drop(while: isBlank)
        guard let last = start.lastIndex(where: { !isBlank($0) }) else { return "" }
        return String(Substring(start[...last]))
    }
}
