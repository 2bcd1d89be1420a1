/// Rows of named columns, from a CSV file (RFC 4180) or a tab-separated table.
public struct DelimitedTable: Sendable {
    /// The file.
    public let path: String
    /// The names in the first row.
    public let columns: [String]
    /// The non-empty rows after it.
    public let rows: [Row]

    /// A row with its first line.
    public struct Row: Sendable {
        /// The line, from 1.
        public let line: Int
        /// One per column, unless there is a fault.
        public var fields: [String] = []
        /// Why the row cannot be read; nil if it can.
        public var fault: String?
    }

    /// Reads a CSV file: commas, fields in quotes if they contain commas, quotes (doubled) or line ends;
    /// spaces around fields are not part of them.
    public init(csv path: String) throws(FileFaults) {
        let bytes = try fileBytes(of: path)
        try refuseOldLineEnds(bytes, of: path)
        // Checked as a whole, so that each field is.
        guard String(validating: bytes, as: UTF8.self) != nil else {
            // Says which line.
            _ = try textLines(of: path)
            throw FileFaults(path, ["invalid UTF-8"])
        }
        var parser = CSVParser(bytes: bytes)
        let rows = parser.rows()
        if let header = rows.first?.fields, header.count == 1 {
            try Self.refuseOtherSeparators(header[0], path)
        }
        try self.init(path, rows)
    }

    /// Refuses a header that is separated by something other than commas.
    private static func refuseOtherSeparators(_ header: String, _ path: String) throws(FileFaults) {
        for (separator, name) in [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")]
        where header.utf8.contains(separator.utf8.first ?? 0) {
            throw FileFaults(
                path,
                [
                    "line 1: its fields are separated by \(name), not by commas; save it with commas, or as JSONL"
                ])
        }
    }

    /// Reads a tab-separated table, in which quotes have no meaning.
    public init(tabs path: String) throws(FileFaults) {
        let rows = try textLines(of: path).enumerated().map { index, line in
            Row(
                line: index + 1,
                fields: line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init))
        }
        try self.init(path, rows)
    }

    private init(_ path: String, _ all: [Row]) throws(FileFaults) {
        guard let header = all.first else { throw FileFaults(path, ["is empty"]) }
        let columns = header.fields
        if let fault = header.fault { throw FileFaults(path, ["line \(header.line): \(fault)"]) }
        guard columns.count <= TextLimits.fields, Set(columns.map { Array($0.utf8) }).count == columns.count
        else {
            throw FileFaults(
                path, ["line 1: a column occurs twice, or there are more than \(TextLimits.fields)"])
        }
        self.path = path
        self.columns = columns
        rows = all.dropFirst().compactMap { row in
            var row = row
            if row.fault == nil && row.fields.allSatisfy(\.isEmpty) && row.fields.count <= 1 { return nil }
            if row.fault == nil && row.fields.count != columns.count {
                row.fault = "\(row.fields.count) fields, but the header has \(columns.count)"
            }
            return row
        }
    }

    /// The index of the first of these columns, or nil.
    public func column(_ names: [String]) -> Int? {
        names.lazy.compactMap { columns.firstIndex(of: $0) }.first
    }

    /// Where the first of these columns stands.
    ///
    /// - Throws: `FileFaults` that names what is expected and what is there.
    public func requiredColumn(_ names: [String], of what: String) throws(FileFaults) -> Int {
        if let column = column(names) { return column }
        throw FileFaults(
            path,
            [
                "line 1: no column for the \(what): expected \(names.joined(separator: " or ")), "
                    + "but the header has \(columns.prefix(20).joined(separator: ", "))"
            ])
    }
}

/// The fields of a CSV file's first line, without its quotes; none if they do not close in it.
public func csvFields(of line: String) -> [String] {
    var parser = CSVParser(bytes: Array(line.utf8))
    return parser.rows().first?.fields ?? []
}

/// Splits a CSV file into rows and fields, by RFC 4180, byte by byte.
private struct CSVParser {
    let bytes: [UInt8]
    private var position = 0
    private var line = 1

    /// The number of broken rows after which reading stops: each may cost scanning a megabyte.
    private static let maximumFaults = 100

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func rows() -> [DelimitedTable.Row] {
        var rows: [DelimitedTable.Row] = []
        var faults = 0
        while position < bytes.count {
            let (start, first) = (position, line)
            guard rows.count < TextLimits.lines, faults < Self.maximumFaults else {
                rows.append(
                    .init(line: first, fault: "too many rows, or too many broken ones; reading stops here"))
                break
            }
            do {
                rows.append(.init(line: first, fields: try row()))
            } catch {
                faults += 1
                rows.append(.init(line: first, fault: error.sentence))
                // The next row begins at the next line: it is read as well as possible.
                position = bytes[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? bytes.count
                line = first + 1
            }
        }
        return rows
    }

    private struct RowFault: Error {
        let sentence: String
    }

    private mutating func row() throws(RowFault) -> [String] {
        let start = position
        var fields: [String] = []
        while true {
            fields.append(try field())
            guard fields.count <= TextLimits.fields else {
                throw RowFault(sentence: "more than \(TextLimits.fields) fields")
            }
            guard position - start <= TextLimits.lineBytes else {
                throw RowFault(sentence: "more than \(TextLimits.lineBytes) bytes long")
            }
            guard position < bytes.count else { return fields }
            position += 1
            if bytes[position - 1] == 0x0A {
                line += 1
                return fields
            }
        }
    }

    /// A field, up to the comma or line end after it.
    private mutating func field() throws(RowFault) -> String {
        while position < bytes.count && bytes[position] == 0x20 { position += 1 }
        if position < bytes.count && bytes[position] == 0x22 { return try quotedField() }
        let start = position
        while position < bytes.count && bytes[position] != 0x2C && bytes[position] != 0x0A {
            guard bytes[position] != 0x22 else {
                throw RowFault(sentence: "a quote within a field that does not begin with one; double it")
            }
            position += 1
        }
        return text(bytes[start..<position])
    }

    private mutating func quotedField() throws(RowFault) -> String {
        position += 1
        let start = position
        var content: [UInt8] = []
        while position < bytes.count {
            guard position - start <= TextLimits.lineBytes else { break }
            let byte = bytes[position]
            position += 1
            if byte == 0x0A { line += 1 }
            guard byte == 0x22 else {
                content.append(byte)
                continue
            }
            if position < bytes.count && bytes[position] == 0x22 {
                content.append(0x22)
                position += 1
                continue
            }
            let rest = bytes[position...].prefix { $0 != 0x2C && $0 != 0x0A }
            guard rest.allSatisfy({ $0 == 0x20 || $0 == 0x0D }) else {
                throw RowFault(sentence: "text between a closing quote and the next comma")
            }
            position = rest.endIndex
            return String(decoding: content, as: UTF8.self)
        }
        throw RowFault(sentence: "a quote is opened and not closed")
    }

    private func text(_ bytes: ArraySlice<UInt8>) -> String {
        var field = bytes
        while let last = field.last, last == 0x0D || last == 0x20 { field.removeLast() }
        return String(decoding: field, as: UTF8.self)
    }
}
