/// The entries of an uncompressed zip file, as written by PyTorch, from its central directory.
struct ZipDirectory {
    /// The range of each entry's bytes.
    let entries: [String: Range<Int>]

    private static let maximumEntries = 1_000_000

    init(_ file: MappedFile) throws(CheckpointError) {
        func fault(_ sentence: String) -> CheckpointError {
            CheckpointError(file.path, "broken zip: \(sentence)")
        }
        let directory = try Self.locate(file)
        guard directory.count <= Self.maximumEntries, directory.start <= file.count else {
            throw fault("its directory is outside the file")
        }
        var entries: [String: Range<Int>] = [:]
        var position = directory.start
        for _ in 0..<directory.count {
            guard position + 46 <= file.count, file.integer(UInt32.self, at: position) == 0x0201_4B50 else {
                throw fault("its directory is cut off")
            }
            let lengths = (28...32).filter { $0 % 2 == 0 }.map {
                Int(file.integer(UInt16.self, at: position + $0))
            }
            let next = position + 46 + lengths.reduce(0, +)
            guard next <= file.count else { throw fault("its directory is cut off") }
            let name = String(decoding: file.bytes(position + 46..<position + 46 + lengths[0]), as: UTF8.self)
            guard !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
                throw fault("the entry \(name) leaves its folder")
            }
            let range = try Self.entry(
                file, at: position, name: name, extra: position + 46 + lengths[0], lengths[1])
            guard entries.updateValue(range, forKey: name) == nil else {
                throw fault("the entry \(name) occurs twice")
            }
            position = next
        }
        var reached = 0
        for range in entries.values.sorted(by: {
            ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound)
        })
        where !range.isEmpty {
            guard range.lowerBound >= reached else { throw fault("two entries overlap") }
            reached = range.upperBound
        }
        guard reached <= directory.start else { throw fault("an entry reaches into the directory") }
        self.entries = entries
    }

    /// The central directory's start and number of entries, from the record at the end of the file.
    private static func locate(_ file: MappedFile) throws(CheckpointError) -> (start: Int, count: Int) {
        let earliest = max(0, file.count - 22 - 65_535)
        var position = file.count - 22
        // The record ends the file, except for a comment whose length it states.
        func isEnd(_ position: Int) -> Bool {
            file.integer(UInt32.self, at: position) == 0x0605_4B50
                && position + 22 + Int(file.integer(UInt16.self, at: position + 20)) == file.count
        }
        while position >= earliest, !isEnd(position) { position -= 1 }
        guard position >= earliest else {
            throw CheckpointError(file.path, "broken zip: its end is missing, the file is cut off")
        }
        let count = Int(file.integer(UInt16.self, at: position + 10))
        let start = Int(file.integer(UInt32.self, at: position + 16))
        guard count == 0xFFFF || start == 0xFFFF_FFFF else { return (start, count) }
        // zip64: a locator precedes the record and points to a larger one.
        let locator = position - 20
        guard locator >= 0, file.integer(UInt32.self, at: locator) == 0x0706_4B50 else {
            return (start, count)
        }
        let record = file.integer(UInt64.self, at: locator + 8)
        guard file.count >= 56, record <= UInt64(file.count - 56),
            file.integer(UInt32.self, at: Int(record)) == 0x0606_4B50,
            let wideCount = Int(exactly: file.integer(UInt64.self, at: Int(record) + 32)),
            let wideStart = Int(exactly: file.integer(UInt64.self, at: Int(record) + 48))
        else { throw CheckpointError(file.path, "broken zip: its zip64 record is outside the file") }
        return (wideStart, wideCount)
    }

    private static func entry(
        _ file: MappedFile, at position: Int, name: String, extra: Int, _ extraLength: Int
    ) throws(CheckpointError) -> Range<Int> {
        func fault(_ sentence: String) -> CheckpointError {
            CheckpointError(file.path, "broken zip: the entry \(name) \(sentence)")
        }
        guard file.integer(UInt16.self, at: position + 8) & 1 == 0 else { throw fault("is encrypted") }
        guard file.integer(UInt16.self, at: position + 10) == 0 else {
            throw fault("is compressed, which PyTorch never does")
        }
        var sizes = [24, 20, 42].map { UInt64(file.integer(UInt32.self, at: position + $0)) }
        // zip64: values that do not fit in 32 bits are in an extra field, in this order.
        var field = extra
        while field + 4 <= extra + extraLength {
            let length = Int(file.integer(UInt16.self, at: field + 2))
            guard field + 4 + length <= extra + extraLength else { break }
            if file.integer(UInt16.self, at: field) == 1 {
                var value = field + 4
                for index in 0..<3 where sizes[index] == 0xFFFF_FFFF && value + 8 <= field + 4 + length {
                    sizes[index] = file.integer(UInt64.self, at: value)
                    value += 8
                }
            }
            field += 4 + length
        }
        guard sizes[0] == sizes[1], let header = Int(exactly: sizes[2]), let size = Int(exactly: sizes[0]),
            header <= file.count - 30, file.integer(UInt32.self, at: header) == 0x0403_4B50
        else { throw fault("is outside the file") }
        let start =
            header + 30 + Int(file.integer(UInt16.self, at: header + 26))
            + Int(file.integer(UInt16.self, at: header + 28))
        guard start <= file.count, size <= file.count - start else {
            throw fault("reaches past the end of the file")
        }
        return start..<start + size
    }
}
