/// A file as it should be, from which broken ones are made.
struct Seed {
    let name: String
    let bytes: [UInt8]
    /// Whether this one is broken, or only beside broken ones.
    let isBroken: Bool
    /// What follows the bytes in the file and stays as it is.
    let tail: [UInt8]

    init(_ name: String, _ bytes: [UInt8], isBroken: Bool = true, tail: [UInt8] = []) {
        self.name = name
        self.bytes = bytes
        self.isBroken = isBroken
        self.tail = tail
    }

    init(_ name: String, _ text: String) { self.init(name, Array(text.utf8)) }
}

/// A reader of the program, with files that it reads.
struct FuzzedReader {
    let name: String
    /// Its share of all inputs: readers that are quick, or do much by themselves, get more.
    var weight = 2
    /// Folders of files, each read whole; in each input, one of a folder's files is broken.
    let folders: [[Seed]]
    /// What its files are made of.
    var tokens: [[UInt8]] = []
    /// What a broken piece is put into before it is written: lengths and containers around it are true.
    var wrap: ([UInt8]) -> [UInt8] = { $0 }
    /// Reads a folder; whatever it throws must be a fault that says what is wrong with a file.
    let read: (_ folder: String) throws -> Void
}

extension FuzzedReader {
    /// A file as it is written, with these bytes instead of its own.
    func content(of seed: Seed, with bytes: [UInt8]? = nil) -> [UInt8] {
        (seed.isBroken ? wrap(bytes ?? seed.bytes) : seed.bytes) + seed.tail
    }
}

extension Array<[UInt8]> {
    /// Tokens of text.
    init(texts: String...) { self = texts.map { Array<UInt8>($0.utf8) } }
}

/// What the bytes of a format read as JSON are made of.
let jsonTokens = [[UInt8]](
    texts: "[", "]", "{", "}", "{\"a\":", "[[", ",", ":", "\"", "\\", "\\u0000", "\\ud83d", "\\udc00", "null",
    "true",
    "1e999", "-", "0", "1e-400", "\"\"", "{}", "[]", "\u{FEFF}", "é", "\n")

/// All readers that meet files from outside.
func allReaders(work: String) throws -> [FuzzedReader] {
    try weightReaders() + maskReaders(work: work) + modelReaders() + languageReaders() + corpusReaders()
        + tableReaders() + textReaders() + audioReaders()
        + runReaders(work: work)
}
