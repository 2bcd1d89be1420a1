/// Reads a language model in ARPA format, as written by SRILM, KenLM and others, line by line into a trie.
public struct ARPAReader {
    private var lines: ByteLines
    private let name: String
    private var fields: [ArraySlice<UInt8>] = []

    /// A reader of the bytes of a file.
    ///
    /// - Parameter name: The name in error messages.
    public init(name: String, _ source: @escaping ByteSource) {
        self.name = name
        lines = ByteLines(source)
    }

    /// Writes the model as a mapped trie.
    ///
    /// - Throws: `DecodingError` that names the line, or what the workspace throws.
    public mutating func convert(into file: any Scratch, workspace: Workspace) throws {
        do {
            let counts = try counts()
            var builder = try TrieBuilder(order: counts.count, workspace: workspace)
            for (index, count) in counts.enumerated() {
                try section(order: index + 1, highest: counts.count, count: count, into: &builder)
                if index == 0 { try builder.finishWords() }
            }
            guard try nextLine().map(isEnd) == true else {
                throw fault("\\end\\ is missing after the last n-gram")
            }
            try builder.finish(into: file)
        } catch let fault as DecodingError where !fault.description.hasPrefix(name) {
            throw self.fault(fault.description)
        }
    }

    private func fault(_ text: String) -> DecodingError {
        DecodingError("\(name): line \(lines.number): \(text)")
    }

    /// The next line that is not empty.
    private mutating func nextLine() throws -> ArraySlice<UInt8>? {
        while let line = try lines.next() {
            splitFields(line, into: &fields)
            if !fields.isEmpty { return line }
        }
        return nil
    }

    private func isEnd(_ line: ArraySlice<UInt8>) -> Bool { line.starts(with: "\\end\\".utf8) }

    /// The numbers of n-grams of each order that the file announces, at its beginning; one a file at least, each
    /// small enough to be multiplied.
    mutating func counts() throws -> [Int] {
        // SRILM's files may begin with a comment.
        while true {
            guard let line = try nextLine(), lines.number < 1000 else {
                throw fault("\\data\\ is missing; is this a model in ARPA's format?")
            }
            if line.starts(with: "\\data\\".utf8) { break }
        }
        var counts: [Int] = []
        while let line = try nextLine() {
            if line.starts(with: "\\1-grams:".utf8), !counts.isEmpty { return counts }
            let parts = String(decoding: line, as: UTF8.self).split { $0 == "=" || $0.isWhitespace }
            guard parts.count == 3, parts[0] == "ngram", Int(parts[1]) == counts.count + 1,
                let count = Int(parts[2]), (0...1 << 48).contains(count)
            else { throw fault("\"ngram \(counts.count + 1)=…\" or \\1-grams: is expected") }
            counts.append(count)
            guard counts.count <= NGramContext.highestOrder else {
                throw fault("n-grams of more than \(NGramContext.highestOrder) words are not read")
            }
        }
        throw fault("the file ends before its n-grams")
    }

    private mutating func section(
        order: Int, highest: Int, count: Int, into builder: inout TrieBuilder
    ) throws {
        if order > 1 {
            guard let line = try nextLine(), line.starts(with: "\\\(order)-grams:".utf8) else {
                throw fault(
                    "\\\(order)-grams: is expected: there are more or fewer n-grams than the header says")
            }
        }
        var words: [Int] = []
        for _ in 0..<count {
            guard let line = try nextLine(), line.first != UInt8(ascii: "\\") || fields.count > order else {
                throw fault("the header announces \(count) n-grams of \(order) words; there are fewer")
            }
            guard fields.count == order + 1 || fields.count == order + 2 && order < highest else {
                throw fault(
                    "\(order + 1) fields are expected, or one more for a back-off weight; there are \(fields.count)"
                )
            }
            let probability = try number(fields[0])
            guard probability <= 0 else { throw fault("a logarithm of a probability is above 0") }
            let backoff = fields.count == order + 2 ? try number(fields[order + 1]) : 0
            if order == 1 {
                guard String(validating: fields[1], as: UTF8.self) != nil else {
                    throw fault("invalid UTF-8")
                }
                try builder.add(word: fields[1], probability: probability, backoff: backoff)
                continue
            }
            words.removeAll(keepingCapacity: true)
            for field in fields[1...order] {
                guard let index = builder.index(of: field) else {
                    throw fault("the word \"\(String(decoding: field, as: UTF8.self))\" has no unigram")
                }
                words.append(index)
            }
            try builder.add(words: words, probability: probability, backoff: backoff)
        }
    }

    private func number(_ field: ArraySlice<UInt8>) throws -> Float {
        if let number = decimalNumber(field), number.magnitude <= 1e9 { return Float(number) }
        // Some tools write this for a word that never occurs.
        if field.elementsEqual("-inf".utf8) { return SpecialWord.missingProbability }
        throw fault("\"\(String(decoding: field.prefix(40), as: UTF8.self))\" is not a number")
    }
}
