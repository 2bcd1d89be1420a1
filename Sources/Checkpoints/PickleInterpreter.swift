/// Reads one pickle of a checkpoint as data.
///
/// It executes nothing: a name that no checkpoint needs ends reading.
///
/// The opcodes are those of PyTorch and Python's protocols 2 to 5 for state dictionaries. Everything is
/// bounded (objects, stack depth, lengths), and each operand's type is checked.
struct PickleInterpreter {
    let file: MappedFile
    let end: Int
    private(set) var position: Int
    var heap: [PickleObject] = []
    private var stack: [Int] = []
    private var marks: [Int] = []
    private var memo: [Int: Int] = [:]
    private var pushes = 0
    private var textBytes = 0

    /// The maximum number of objects, and references to objects, per pickle; the largest real ones have about
    /// ten thousand.
    static let maximumObjects = 2_000_000
    /// The maximum total bytes of strings.
    static let maximumLength = 64 << 20

    init(file: MappedFile, range: Range<Int>) {
        self.file = file
        position = range.lowerBound
        end = range.upperBound
    }

    func fault(_ sentence: String) -> CheckpointError {
        CheckpointError(file.path, "broken pickle at byte \(position): \(sentence)")
    }

    /// Reads to the STOP opcode and returns the root object's index in the heap.
    mutating func run() throws(CheckpointError) -> Int {
        while true {
            let opcode = try integer(UInt8.self)
            if opcode == UInt8(ascii: ".") {
                guard let root = stack.last else { throw fault("it ends with nothing on its stack") }
                return root
            }
            try execute(opcode)
        }
    }

    private mutating func execute(_ opcode: UInt8) throws(CheckpointError) {
        switch opcode {
        case 0x80: _ = try integer(UInt8.self)  // PROTO
        case 0x95: _ = try integer(UInt64.self)  // FRAME
        case 0x28: try mark()
        case 0x4E: try push(.none)
        case 0x88: try push(.boolean(true))
        case 0x89: try push(.boolean(false))
        case 0x4A: try push(.integer(Int(try integer(Int32.self))))  // BININT
        case 0x4B: try push(.integer(Int(try integer(UInt8.self))))
        case 0x4D: try push(.integer(Int(try integer(UInt16.self))))
        case 0x8A: try longInteger(count: Int(try integer(UInt8.self)))
        case 0x8B: try longInteger(count: Int(try integer(Int32.self)))
        case 0x47: try push(.number(Double(bitPattern: try integer(UInt64.self).byteSwapped)))
        case 0x58, 0x54: try string(count: Int(try integer(UInt32.self)))
        case 0x8C, 0x55: try string(count: Int(try integer(UInt8.self)))
        case 0x8D: try string(count: try length(try integer(UInt64.self)))
        case 0x42: try push(.bytes(try bytes(Int(try integer(UInt32.self)))))
        case 0x43: try push(.bytes(try bytes(Int(try integer(UInt8.self)))))
        case 0x8E: try push(.bytes(try bytes(try length(try integer(UInt64.self)))))
        case 0x7D: try push(.dictionary([]))
        case 0x5D: try push(.list([]))
        case 0x29: try push(.tuple([]))
        case 0x8F: try push(.list([]))  // EMPTY_SET, whose order is irrelevant
        case 0x30: _ = try pop()
        default: try executeCompound(opcode)
        }
    }

    private mutating func executeCompound(_ opcode: UInt8) throws(CheckpointError) {
        switch opcode {
        case 0x74: try push(.tuple(try popToMark()))
        case 0x85: try push(.tuple(try popMany(1)))
        case 0x86: try push(.tuple(try popMany(2)))
        case 0x87: try push(.tuple(try popMany(3)))
        case 0x61: try append(try popMany(1))
        case 0x65, 0x90: try append(try popToMark())
        case 0x73: try setItems(try popMany(2))
        case 0x75: try setItems(try popToMark())
        case 0x71: try remember(Int(try integer(UInt8.self)))
        case 0x72: try remember(Int(try integer(UInt32.self)))
        case 0x94: try remember(memo.count)  // MEMOIZE
        case 0x68: try recall(Int(try integer(UInt8.self)))
        case 0x6A: try recall(Int(try integer(UInt32.self)))
        case 0x63: try global(module: try line(), name: try line())
        case 0x93: try stackGlobal()
        case 0x52, 0x81: try reduce()
        case 0x62: try build()
        case 0x51: try persistentStorage()
        default:
            throw fault("opcode 0x\(String(opcode, radix: 16)) occurs in no checkpoint")
        }
    }
}

// Operands.
extension PickleInterpreter {
    private mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type) throws(CheckpointError)
        -> Value
    {
        let size = Value.bitWidth / 8
        guard position + size <= end else { throw fault("it is cut off") }
        defer { position += size }
        return file.integer(type, at: position)
    }

    private func length(_ value: UInt64) throws(CheckpointError) -> Int {
        guard value <= UInt64(Self.maximumLength) else { throw fault("a length of \(value) bytes") }
        return Int(value)
    }

    private mutating func bytes(_ count: Int) throws(CheckpointError) -> [UInt8] {
        guard count >= 0, count <= end - position else {
            throw fault("it is cut off, or a length is wrong")
        }
        guard count <= Self.maximumLength - textBytes else {
            throw fault("more than \(Self.maximumLength) bytes of text")
        }
        textBytes += count
        defer { position += count }
        return file.bytes(position..<position + count)
    }

    private mutating func string(count: Int) throws(CheckpointError) {
        try push(.string(String(decoding: try bytes(count), as: UTF8.self)))
    }

    private mutating func longInteger(count: Int) throws(CheckpointError) {
        // Numbers longer than 64 bits are magic numbers and hashes, never computed with.
        let little = try bytes(count)
        guard little.count <= 8 else { return try push(.bytes(little)) }
        var value: UInt64 = 0
        for (index, byte) in little.enumerated() { value |= UInt64(byte) << UInt64(8 * index) }
        let unused = UInt64(64 - 8 * little.count)
        guard unused < 64 else { return try push(.integer(0)) }
        try push(.integer(Int(Int64(bitPattern: value << unused) >> Int64(unused))))
    }

    private mutating func line() throws(CheckpointError) -> String {
        let start = position
        while position < end && position - start < 1024 {
            let byte = try integer(UInt8.self)
            if byte == 0x0A { return String(decoding: file.bytes(start..<position - 1), as: UTF8.self) }
        }
        throw fault("a name without its end")
    }
}

// Stack, memo and containers.
extension PickleInterpreter {
    mutating func push(_ object: PickleObject) throws(CheckpointError) {
        heap.append(object)
        try mention(heap.count - 1)
    }

    /// Puts an object on the stack; every allocation is counted here or at a mark.
    mutating func mention(_ object: Int) throws(CheckpointError) {
        pushes += 1
        guard pushes <= Self.maximumObjects else { throw fault("more than \(Self.maximumObjects) objects") }
        stack.append(object)
    }

    private mutating func mark() throws(CheckpointError) {
        guard marks.count < Self.maximumObjects else { throw fault("marks beyond all bounds") }
        marks.append(stack.count)
    }

    mutating func pop() throws(CheckpointError) -> Int {
        guard stack.count > (marks.last ?? 0), let top = stack.popLast() else {
            throw fault("it takes from an empty stack")
        }
        return top
    }

    mutating func popMany(_ count: Int) throws(CheckpointError) -> [Int] {
        var items: [Int] = []
        for _ in 0..<count { items.append(try pop()) }
        return items.reversed()
    }

    private mutating func popToMark() throws(CheckpointError) -> [Int] {
        guard let mark = marks.popLast(), mark <= stack.count else { throw fault("a mark is missing") }
        defer { stack.removeSubrange(mark...) }
        return Array(stack[mark...])
    }

    func top() throws(CheckpointError) -> Int {
        guard let top = stack.last else { throw fault("it takes from an empty stack") }
        return top
    }

    private mutating func append(_ items: [Int]) throws(CheckpointError) {
        let target = try top()
        guard heap[target].append(items) else { throw fault("it appends to something that is not a list") }
    }

    private mutating func setItems(_ items: [Int]) throws(CheckpointError) {
        guard items.count % 2 == 0 else { throw fault("a key without its value") }
        let pairs = stride(from: 0, to: items.count, by: 2).map {
            PickleObject.Pair(key: items[$0], value: items[$0 + 1])
        }
        guard heap[try top()].append(pairs) else {
            throw fault("it sets an item of something that is not a dictionary")
        }
    }

    private mutating func remember(_ index: Int) throws(CheckpointError) {
        let object = try top()
        guard memo.updateValue(object, forKey: index) != nil || memo.count <= Self.maximumObjects else {
            throw fault("a memo beyond all bounds")
        }
    }

    private mutating func recall(_ index: Int) throws(CheckpointError) {
        guard let object = memo[index] else { throw fault("it recalls what it never remembered") }
        try mention(object)
    }
}
