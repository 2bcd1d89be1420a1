/// An n-gram with its data, for sorting.
struct NGramRecord: Equatable {
    /// Its words, in order of comparison.
    var key: UInt128
    /// The data of the current step.
    var first: UInt64 = 0
    var second: UInt64 = 0

    static let byteCount = 32

    func write(to writer: inout ScratchWriter) throws {
        try writer.append(UInt64(truncatingIfNeeded: key))
        try writer.append(UInt64(truncatingIfNeeded: key >> 64))
        try writer.append(first)
        try writer.append(second)
    }
}

/// Sorts more n-grams than fit into memory: sorted runs go to scratch and are merged when read.
///
/// Records of equal keys may be combined, which keeps counts short.
struct NGramSorter {
    private let workspace: Workspace
    private let capacity: Int
    private let combine: ((inout NGramRecord, NGramRecord) -> Void)?
    private var records: [NGramRecord] = []
    private var runs: [any Scratch] = []

    /// - Parameter combine: Adds a record to another of the same key; without it both stay.
    init(_ workspace: Workspace, combine: ((inout NGramRecord, NGramRecord) -> Void)? = nil) {
        self.workspace = workspace
        // Sorting takes half as much memory again.
        capacity = max(1024, workspace.memoryBytes / (NGramRecord.byteCount * 3 / 2))
        self.combine = combine
    }

    mutating func append(_ record: NGramRecord) throws {
        records.append(record)
        guard records.count >= capacity else { return }
        order()
        // If much was combined, there is space again.
        if records.count > capacity / 2 { try spill() }
    }

    /// All records, in the order of their keys.
    consuming func sorted() throws -> NGramStream {
        order()
        guard !runs.isEmpty else { return NGramStream(records) }
        try spill()
        records = []
        return try NGramStream(merging: runs, memoryBytes: workspace.memoryBytes, combine: combine)
    }

    private mutating func order() {
        records.sort { $0.key < $1.key }
        guard let combine, !records.isEmpty else { return }
        var last = 0
        for index in 1..<records.count {
            if records[index].key == records[last].key {
                combine(&records[last], records[index])
            } else {
                last += 1
                records[last] = records[index]
            }
        }
        records.removeLast(records.count - 1 - last)
    }

    private mutating func spill() throws {
        var writer = ScratchWriter(try workspace.scratch())
        for record in records { try record.write(to: &writer) }
        try writer.flush()
        runs.append(writer.scratch)
        records.removeAll(keepingCapacity: true)
    }
}

/// Records in order, read once, with a look at the next one.
struct NGramStream {
    private var records: [NGramRecord] = []
    private var place = 0
    private var runs: [RunReader] = []
    private var combine: ((inout NGramRecord, NGramRecord) -> Void)?
    /// The next record, if there is one.
    private(set) var next: NGramRecord?

    init(_ records: [NGramRecord]) {
        self.records = records
        next = records.first
        place = 1
    }

    /// Records of scratch, written in order.
    init(_ scratch: any Scratch, memoryBytes: Int) throws {
        try self.init(merging: [scratch], memoryBytes: memoryBytes, combine: nil)
    }

    fileprivate init(
        merging scratch: [any Scratch], memoryBytes: Int,
        combine: ((inout NGramRecord, NGramRecord) -> Void)?
    ) throws {
        self.combine = combine
        let buffer = max(1, memoryBytes / scratch.count / NGramRecord.byteCount / 4)
        runs = try scratch.map { try RunReader($0, bufferRecords: min(1 << 14, buffer)) }
        runs.removeAll { $0.next == nil }
        for index in stride(from: runs.count / 2 - 1, through: 0, by: -1) { sink(index) }
        next = try merged()
    }

    /// The next record, which is then past.
    mutating func pop() throws -> NGramRecord? {
        guard let current = next else { return nil }
        if runs.isEmpty {
            next = place < records.count ? records[place] : nil
            place += 1
        } else {
            next = try merged()
        }
        return current
    }

    private mutating func merged() throws -> NGramRecord? {
        guard var record = try smallest() else { return nil }
        if let combine {
            while let other = runs.first?.next, other.key == record.key {
                combine(&record, other)
                _ = try smallest()
            }
        }
        return record
    }

    /// Takes the smallest record of all runs, from a heap.
    private mutating func smallest() throws -> NGramRecord? {
        guard let record = runs.first?.next else { return nil }
        try runs[0].advance()
        if runs[0].next == nil {
            // The last reader stays, empty, so that the stream is known to have come from runs.
            guard runs.count > 1 else { return record }
            runs.swapAt(0, runs.count - 1)
            runs.removeLast()
        }
        sink(0)
        return record
    }

    private mutating func sink(_ index: Int) {
        var parent = index
        while true {
            var child = 2 * parent + 1
            guard child < runs.count else { return }
            if child + 1 < runs.count && runs[child + 1].precedes(runs[child]) { child += 1 }
            guard runs[child].precedes(runs[parent]) else { return }
            runs.swapAt(parent, child)
            parent = child
        }
    }
}

/// One sorted run, read through a buffer.
private struct RunReader {
    private let scratch: any Scratch
    private let bufferRecords: Int
    private var buffer: [NGramRecord] = []
    private var place = 0
    private var offset = 0
    private(set) var next: NGramRecord?

    init(_ scratch: any Scratch, bufferRecords: Int) throws {
        self.scratch = scratch
        self.bufferRecords = bufferRecords
        try advance()
    }

    func precedes(_ other: RunReader) -> Bool {
        guard let mine = next, let theirs = other.next else { return next != nil }
        return mine.key < theirs.key
    }

    mutating func advance() throws {
        if place == buffer.count {
            let end = min(scratch.count, offset + bufferRecords * NGramRecord.byteCount)
            let bytes = try scratch.read(offset..<end)
            offset = end
            place = 0
            buffer.removeAll(keepingCapacity: true)
            bytes.withUnsafeBytes { bytes in
                func number(_ offset: Int) -> UInt64 {
                    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                }
                for start in stride(from: 0, to: bytes.count, by: NGramRecord.byteCount) {
                    buffer.append(
                        NGramRecord(
                            key: UInt128(number(start)) | UInt128(number(start + 8)) << 64,
                            first: number(start + 16), second: number(start + 24)))
                }
            }
        }
        next = place < buffer.count ? buffer[place] : nil
        place += 1
        if next == nil { place = buffer.count }
    }
}
