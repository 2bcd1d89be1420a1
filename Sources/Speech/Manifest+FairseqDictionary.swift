public import Files

extension Manifest {
    /// The tokens of the dictionary beside a fairseq manifest, `dict.ltr.txt` or `dict.phn.txt`; nil if there
    /// is none, or the manifest is of another kind.
    public static func fairseqTokens(
        besides manifest: String, labels: Labels
    ) throws(ManifestError) -> [String]? {
        let manifest = CorpusFormat.parse(manifest).path
        guard manifest.hasSuffix(".tsv") else { return nil }
        let path = resolve("dict.\(labels.fairseqExtension).txt", besides: manifest)
        return exists(path) ? try fairseqTokens(dictionary: path) : nil
    }

    /// The tokens of a fairseq dictionary, in the order of a Hugging Face head's rows.
    ///
    /// fairseq puts `<s>` (its blank), `<pad>`, `</s>` and `<unk>` before the symbols of the file; Hugging
    /// Face swaps the first two, so that `<pad>` is the blank and row 0 stays the blank's. All other rows are
    /// equal.
    public static func fairseqTokens(dictionary path: String) throws(ManifestError) -> [String] {
        var tokens = ["<pad>", "<s>", "</s>", "<unk>"]
        var seen = Set(tokens.map { Array($0.utf8) })
        var faults: [String] = []
        for (index, line) in try textLines(of: path).enumerated() {
            // At the last space: a symbol may contain one. By bytes, since a symbol may be a mark, which
            // Swift joins with the space.
            guard let space = line.utf8.lastIndex(of: UInt8(ascii: " ")), space > line.startIndex,
                Int(line[line.utf8.index(after: space)...]) != nil
            else {
                faults.append("line \(index + 1): expected a symbol, a space and a count")
                continue
            }
            let symbol = String(line[..<space])
            guard seen.insert(Array(symbol.utf8)).inserted else {
                faults.append("line \(index + 1): the symbol \"\(symbol)\" occurs twice, or is a special one")
                continue
            }
            tokens.append(symbol)
        }
        if faults.isEmpty && tokens.count == 4 { faults = ["has no symbols"] }
        guard faults.isEmpty else { throw ManifestError(path, faults) }
        return tokens
    }
}

extension Manifest.Labels {
    /// How fairseq names label files of this kind.
    var fairseqExtension: String {
        switch self {
        case .letters: "ltr"
        case .phones: "phn"
        }
    }
}
