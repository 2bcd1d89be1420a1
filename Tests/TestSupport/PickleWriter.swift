package import JSON

/// Writes pickles opcode by opcode, so that tests can say what no honest writer would.
package struct PickleWriter {
    package private(set) var content: [UInt8] = [0x80, 2]

    package init() {}

    package static let mark: UInt8 = 0x28
    package static let emptyDictionary: UInt8 = 0x7D
    package static let emptyList: UInt8 = 0x5D
    package static let emptyTuple: UInt8 = 0x29
    package static let tuple: UInt8 = 0x74
    package static let append: UInt8 = 0x61
    package static let appends: UInt8 = 0x65
    package static let setItem: UInt8 = 0x73
    package static let setItems: UInt8 = 0x75
    package static let reduce: UInt8 = 0x52
    package static let build: UInt8 = 0x62
    package static let persistentId: UInt8 = 0x51
    package static let none: UInt8 = 0x4E
    package static let stop: UInt8 = 0x2E

    package mutating func put(_ opcodes: UInt8...) { content += opcodes }

    package mutating func put(_ opcodes: UInt8..., times: Int) {
        content += repeatElement(opcodes, count: times).joined()
    }

    package mutating func text(_ text: String) {
        content += [0x58] + bytes(UInt32(text.utf8.count)) + Array(text.utf8)
    }

    package mutating func number(_ value: Int) {
        if let small = Int32(exactly: value) {
            content += [0x4A] + bytes(small)
        } else {
            content += [0x8A, 8] + bytes(Int64(value))
        }
    }

    package mutating func numbers(_ values: [Int]) {
        put(Self.mark)
        for value in values { number(value) }
        put(Self.tuple)
    }

    package mutating func global(_ module: String, _ name: String) {
        content += [0x63] + Array("\(module)\n\(name)\n".utf8)
    }

    /// A storage; `view` as only the legacy container has it.
    package mutating func storage(
        _ key: String, type: String = "FloatStorage", count: Int, view: (Int, Int)? = nil
    ) {
        put(Self.mark)
        text("storage")
        global("torch", type)
        text(key)
        text("cpu")
        number(count)
        if let view {
            put(Self.mark)
            text("view")
            number(view.0)
            number(view.1)
            put(Self.tuple)
        }
        put(Self.tuple, Self.persistentId)
    }

    package mutating func tensor(
        storage key: String = "0", type: String = "FloatStorage", count: Int, view: (Int, Int)? = nil,
        offset: Int = 0, sizes: [Int], strides: [Int]
    ) {
        global("torch._utils", "_rebuild_tensor_v2")
        put(Self.mark)
        storage(key, type: type, count: count, view: view)
        number(offset)
        numbers(sizes)
        numbers(strides)
        put(0x89)
        global("collections", "OrderedDict")
        put(Self.emptyTuple, Self.reduce, Self.tuple, Self.reduce)
    }

    /// A value of a configuration.
    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: put(Self.none)
        case .boolean(let boolean): put(boolean ? 0x88 : 0x89)
        case .integer(let integer): number(integer)
        case .number(let number): content += [0x47] + bytes(number.bitPattern.byteSwapped)
        case .string(let string): text(string)
        case .array(let elements):
            put(Self.mark)
            for element in elements { self.value(element) }
            put(Self.tuple)
        case .object(let members):
            put(Self.emptyDictionary, Self.mark)
            for member in members {
                text(member.key)
                self.value(member.value)
            }
            put(Self.setItems)
        }
    }

    /// The whole pickle of one dictionary.
    package static func dictionary(_ items: (inout PickleWriter) -> Void) -> [UInt8] {
        pickle { writer in
            writer.put(emptyDictionary, mark)
            items(&writer)
            writer.put(setItems)
        }
    }

    /// A whole pickle.
    package static func pickle(_ body: (inout PickleWriter) -> Void) -> [UInt8] {
        var writer = PickleWriter()
        body(&writer)
        writer.put(stop)
        return writer.content
    }
}

/// An entry of a zip file, with fields that may be wrong.
package struct ZipEntry {
    package var name: String
    package var content: [UInt8]
    package var method: UInt16 = 0
    package var flags: UInt16 = 0
    /// Where the directory says the entry is; nil says the truth.
    package var statedOffset: UInt32?
    package var statedSize: UInt32?

    package init(
        name: String, content: [UInt8], method: UInt16 = 0, flags: UInt16 = 0, statedOffset: UInt32? = nil,
        statedSize: UInt32? = nil
    ) {
        self.name = name
        self.content = content
        self.method = method
        self.flags = flags
        self.statedOffset = statedOffset
        self.statedSize = statedSize
    }
}

/// The bytes of a zip file.
package func zipFile(_ entries: [ZipEntry], comment: [UInt8] = []) -> [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
        let offset = entry.statedOffset ?? UInt32(file.count)
        let size = entry.statedSize ?? UInt32(entry.content.count)
        let name = Array(entry.name.utf8)
        let common =
            bytes(entry.flags) + bytes(entry.method) + bytes(UInt32(0)) + bytes(UInt32(0)) + bytes(size)
            + bytes(size) + bytes(UInt16(name.count)) + bytes(UInt16(0))
        directory += bytes(UInt32(0x0201_4B50)) + bytes(UInt16(20)) + bytes(UInt16(20)) + common
        directory +=
            bytes(UInt16(0)) + bytes(UInt16(0)) + bytes(UInt16(0)) + bytes(UInt32(0)) + bytes(offset) + name
        file += bytes(UInt32(0x0403_4B50)) + bytes(UInt16(20)) + common + name + entry.content
    }
    let end =
        bytes(UInt32(0x0605_4B50)) + bytes(UInt32(0)) + bytes(UInt16(entries.count))
        + bytes(UInt16(entries.count))
        + bytes(UInt32(directory.count)) + bytes(UInt32(file.count)) + bytes(UInt16(comment.count)) + comment
    return file + directory + end
}

/// The bytes of a torch zip file with this pickle and these storages.
package func torchZip(_ pickle: [UInt8], storages: [String: [UInt8]] = ["0": floatBytes([1, 2, 3, 4])])
    -> [UInt8]
{
    zipFile(
        [ZipEntry(name: "archive/data.pkl", content: pickle)]
            + storages.sorted { $0.key < $1.key }.map {
                ZipEntry(name: "archive/data/\($0.key)", content: $0.value)
            })
}

/// The bytes of a torch legacy file with this pickle and these storages: a key, the stated count, the numbers.
package func torchLegacy(_ pickle: [UInt8], storages: [(String, Int, [UInt8])], littleEndian: Bool = true)
    -> [UInt8]
{
    let magic: [UInt8] = [
        0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
    ]
    let machine = PickleWriter.dictionary { writer in
        writer.text("little_endian")
        writer.put(littleEndian ? 0x88 : 0x89)
    }
    let keys = PickleWriter.pickle { writer in
        writer.put(PickleWriter.emptyList, PickleWriter.mark)
        for storage in storages { writer.text(storage.0) }
        writer.put(PickleWriter.appends)
    }
    return magic + PickleWriter.pickle { $0.number(1001) } + machine + pickle + keys
        + storages.flatMap { bytes(Int64($0.1)) + $0.2 }
}
