/// The parts of SentencePiece's `spiece.model` that are needed for encoding.
public struct SentencePieceModel: Sendable {
    /// A piece of the vocabulary.
    struct Piece: Sendable {
        /// The type of a piece; the numbers are SentencePiece's.
        enum Kind: UInt64, Sendable {
            case normal = 1
            case unknown = 2
            case control = 3
            case userDefined = 4
            case byte = 6
            case unused = 5
        }

        var text = ""
        var score = 0.0
        var kind = Kind.normal

        /// Whether transformers makes it an added token.
        var isAdded: Bool { kind == .control || kind == .userDefined }
    }

    let pieces: [Piece]
    let unknown: Int
    let characterMap: CharacterMap?

    /// The maximum number of pieces; the largest vocabularies have a million.
    private static let maximumPieces = 4_000_000

    /// Reads a model from a file's bytes (`sentencepiece_model.proto`).
    ///
    /// - Throws: `TextError` if the bytes are not such a message, or the model is not Unigram.
    public init(_ bytes: [UInt8]) throws(TextError) {
        var pieces: [Piece] = []
        // The format's defaults.
        var (unknown, modelType): (UInt64, UInt64) = (0, 1)
        var map: CharacterMap?
        var reader = ProtobufReader(bytes[...])
        while let field = try reader.next() {
            switch (field.number, field.value) {
            case (1, .bytes(let message)):
                guard pieces.count < Self.maximumPieces else {
                    throw TextError("spiece.model: more than \(Self.maximumPieces) pieces")
                }
                pieces.append(try Self.piece(message))
            case (2, .bytes(let message)):
                var trainer = ProtobufReader(message)
                while let field = try trainer.next() {
                    if case (3, .integer(let type)) = (field.number, field.value) { modelType = type }
                    if case (40, .integer(let id)) = (field.number, field.value) { unknown = id }
                }
            case (3, .bytes(let message)):
                var normalizer = ProtobufReader(message)
                while let field = try normalizer.next() {
                    if case (2, .bytes(let content)) = (field.number, field.value), !content.isEmpty {
                        map = try CharacterMap(Array(content))
                    }
                }
            default: break
            }
        }
        guard modelType == 1 else {
            throw TextError("spiece.model is not of the Unigram type, which XLNet's is")
        }
        guard unknown < pieces.count else {
            throw TextError("spiece.model has \(pieces.count) pieces but no unknown piece")
        }
        self.pieces = pieces
        self.unknown = Int(unknown)
        characterMap = map
    }

    private static func piece(_ message: ArraySlice<UInt8>) throws(TextError) -> Piece {
        var piece = Piece()
        var reader = ProtobufReader(message)
        while let field = try reader.next() {
            switch (field.number, field.value) {
            case (1, .bytes(let bytes)):
                guard let text = String(validating: bytes, as: UTF8.self) else {
                    throw TextError("spiece.model: a piece is invalid UTF-8")
                }
                piece.text = text
            case (2, .fixed32(let bits)): piece.score = Double(Float(bitPattern: bits))
            case (3, .integer(let number)):
                guard let kind = Piece.Kind(rawValue: number) else {
                    throw TextError("spiece.model: a piece is of an unknown kind, \(number)")
                }
                piece.kind = kind
            default: break
            }
        }
        return piece
    }
}

/// Reads the fields of a Protocol Buffers message, in order.
struct ProtobufReader {
    /// The value of a field.
    enum Value {
        case integer(UInt64)
        case fixed64(UInt64)
        case bytes(ArraySlice<UInt8>)
        case fixed32(UInt32)
    }

    private var rest: ArraySlice<UInt8>

    init(_ message: ArraySlice<UInt8>) { rest = message }

    /// The next field; nil at the end.
    ///
    /// - Throws: `TextError` if the message is truncated or has a group, which is deprecated.
    mutating func next() throws(TextError) -> (number: UInt64, value: Value)? {
        guard !rest.isEmpty else { return nil }
        let tag = try variableInteger()
        switch tag & 7 {
        case 0: return (tag >> 3, .integer(try variableInteger()))
        case 1: return (tag >> 3, .fixed64(try fixed(8)))
        case 2:
            let count = try variableInteger()
            guard count <= rest.count else { throw Self.brokenOff }
            return (tag >> 3, .bytes(try take(Int(count))))
        case 5: return (tag >> 3, .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
        default: throw TextError("spiece.model is not a SentencePiece model")
        }
    }

    private static var brokenOff: TextError { TextError("spiece.model is cut off or broken") }

    private mutating func take(_ count: Int) throws(TextError) -> ArraySlice<UInt8> {
        guard count <= rest.count else { throw Self.brokenOff }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    private mutating func fixed(_ count: Int) throws(TextError) -> UInt64 {
        try take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Seven bits a byte, the lowest first; at most ten bytes.
    private mutating func variableInteger() throws(TextError) -> UInt64 {
        var value: UInt64 = 0
        for (index, byte) in rest.prefix(10).enumerated() {
            value |= UInt64(byte & 0x7F) << UInt64(7 * index)
            if byte < 0x80 {
                rest = rest.dropFirst(index + 1)
                return value
            }
        }
        throw Self.brokenOff
    }
}
