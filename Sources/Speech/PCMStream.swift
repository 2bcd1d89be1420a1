/// Sample encodings, by ffmpeg's names; little-endian.
package enum SampleEncoding: String, Sendable, CaseIterable {
    /// Bytes around 128.
    case unsigned8 = "u8"
    /// 16 bits, as arecord's S16_LE.
    case signed16 = "s16le"
    /// 24 bits in three bytes.
    case signed24 = "s24le"
    /// 32 bits.
    case signed32 = "s32le"
    /// Numbers of full scale 1.
    case float32 = "f32le"
    /// Telephony of North America and Japan (ITU-T G.711).
    case muLaw = "mulaw"
    /// Telephony elsewhere (ITU-T G.711).
    case aLaw = "alaw"

    /// Bytes per sample.
    var width: Int {
        switch self {
        case .unsigned8, .muLaw, .aLaw: 1
        case .signed16: 2
        case .signed24: 3
        case .signed32, .float32: 4
        }
    }

    /// The sample whose bytes begin at an index, with full scale 1.
    func sample(_ bytes: [UInt8], at place: Int) -> Float {
        func unsigned(_ count: Int) -> UInt32 {
            (0..<count).reduce(0) { $0 | UInt32(bytes[place + $1]) << UInt32(8 * $1) }
        }
        switch self {
        case .unsigned8: return (Float(bytes[place]) - 128) / 128
        case .signed16: return Float(Int16(truncatingIfNeeded: unsigned(2))) / 32_768
        case .signed24: return Float(Int32(bitPattern: unsigned(3) << 8) >> 8) / 8_388_608
        case .signed32: return Float(Int32(bitPattern: unsigned(4))) / 2_147_483_648
        case .float32: return Float(bitPattern: unsigned(4))
        case .muLaw: return Self.expandedMuLaw(~bytes[place])
        case .aLaw: return Self.expandedALaw(bytes[place] ^ 0x55)
        }
    }

    private static func expandedMuLaw(_ code: UInt8) -> Float {
        let magnitude = ((Int(code & 0x0F) << 3) + 0x84) << Int(code >> 4 & 7)
        return Float(code & 0x80 != 0 ? 0x84 - magnitude : magnitude - 0x84) / 32_768
    }

    private static func expandedALaw(_ code: UInt8) -> Float {
        let (exponent, mantissa) = (Int(code >> 4 & 7), Int(code & 0x0F) << 4)
        let magnitude = exponent == 0 ? mantissa + 8 : (mantissa + 0x108) << (exponent - 1)
        return Float(code & 0x80 != 0 ? magnitude : -magnitude) / 32_768
    }
}

/// The format of a stream of samples.
package struct SampleFormat: Sendable, Equatable {
    /// The encoding of samples.
    package var encoding: SampleEncoding
    /// The sample rate in Hz.
    package var sampleRate: Int
    /// Channels, a sample of each in turn.
    package var channels: Int

    /// A format.
    package init(encoding: SampleEncoding = .signed16, sampleRate: Int, channels: Int = 1) {
        self.encoding = encoding
        self.sampleRate = sampleRate
        self.channels = channels
    }

    /// The accepted sample rates in Hz.
    package static let rates = 8000...48_000
}

/// Samples from a pipe, raw or after a WAV header; mono, the mean of all channels.
///
/// There is no seeking and no known length: the length in a WAV header written to a pipe is ignored if it is
/// a placeholder.
package struct PCMStream {
    private let name: String
    private let source: () throws -> [UInt8]?
    /// Bytes read but not yet converted.
    private var bytes: [UInt8] = []
    /// Bytes of samples that are still to come.
    private var left = Int.max
    /// The stream's format.
    package let format: SampleFormat

    /// Reads the header, if the stream has one.
    ///
    /// - Parameters:
    ///   - name: The stream's name in errors.
    ///   - raw: The format of samples without a header; nil expects one.
    ///   - source: The next bytes, nil at the end.
    package init(name: String, raw: SampleFormat? = nil, _ source: @escaping () throws -> [UInt8]?) throws {
        self.name = name
        self.source = source
        if let raw {
            format = raw
        } else {
            var header = WaveStreamHeader(name: name, source)
            format = try header.read()
            (bytes, left) = (header.bytes, header.dataBytes)
        }
        func require(_ condition: Bool, _ fault: String) throws {
            guard condition else { throw AudioError(path: name, fault: fault) }
        }
        let rates = SampleFormat.rates
        try require(
            rates.contains(format.sampleRate),
            "has \(format.sampleRate) samples per second; from \(rates.lowerBound) to \(rates.upperBound) are accepted"
        )
        try require(
            (1...64).contains(format.channels), "has \(format.channels) channels; from 1 to 64 are accepted")
    }

    /// The samples of the next bytes to arrive; nil at the end.
    ///
    /// - Throws: `AudioError` for NaN samples; whatever the source throws.
    package mutating func next() throws -> [Float]? {
        let width = format.encoding.width * format.channels
        while bytes.count < width || left < width {
            guard left >= width, let more = try source() else { return nil }
            bytes += more
        }
        let count = min(bytes.count, left) / width
        var samples: [Float] = []
        samples.reserveCapacity(count)
        for frame in 0..<count {
            var sum: Float = 0
            for channel in 0..<format.channels {
                sum += format.encoding.sample(bytes, at: frame * width + channel * format.encoding.width)
            }
            samples.append(sum / Float(format.channels))
        }
        bytes.removeFirst(count * width)
        if left < Int.max { left -= count * width }
        guard samples.allSatisfy(\.isFinite) else {
            throw AudioError(path: name, fault: "has NaN or infinite samples")
        }
        return samples
    }
}

/// The header of a WAV file that comes through a pipe.
private struct WaveStreamHeader {
    let name: String
    let source: () throws -> [UInt8]?
    /// What was read after it.
    private(set) var bytes: [UInt8] = []
    /// The bytes of samples that it states; `Int.max` if it leaves them open.
    private(set) var dataBytes = Int.max

    init(name: String, _ source: @escaping () throws -> [UInt8]?) {
        self.name = name
        self.source = source
    }

    private func fault(_ text: String) -> AudioError { AudioError(path: name, fault: text) }

    private mutating func take(_ count: Int) throws -> [UInt8] {
        while bytes.count < count {
            guard let more = try source() else { throw fault("ends within its header") }
            bytes += more
        }
        defer { bytes.removeFirst(count) }
        return Array(bytes[..<count])
    }

    /// Reads chunks up to the samples (Microsoft and IBM, Multimedia Programming Interface 1.0).
    mutating func read() throws -> SampleFormat {
        let signature = try take(12)
        guard signature.prefix(4).elementsEqual("RIFF".utf8), signature.suffix(4).elementsEqual("WAVE".utf8)
        else {
            throw fault("does not begin like a WAV file; state its sample rate with --raw-rate")
        }
        var format: SampleFormat?
        for _ in 0..<256 {
            let head = try take(8)
            let length = Int(number(head, 4, 4))
            if head.prefix(4).elementsEqual("data".utf8) {
                guard let format else { throw fault("has samples before their format") }
                if (1..<0x7FFF_0000).contains(length) { dataBytes = length }
                return format
            }
            guard length <= 1 << 20 else { throw fault("has \(length) bytes before its samples") }
            let chunk = try take(length + length % 2)
            if head.prefix(4).elementsEqual("fmt ".utf8) { format = try self.format(chunk) }
        }
        throw fault("has no samples after 256 chunks")
    }

    private func format(_ chunk: [UInt8]) throws -> SampleFormat {
        guard chunk.count >= 16 else { throw fault("does not state its sample format") }
        var tag = number(chunk, 0, 2)
        // The extensible form states it further on.
        if tag == 0xFFFE, chunk.count >= 26 { tag = number(chunk, 24, 2) }
        let bits = number(chunk, 14, 2)
        let encoding: SampleEncoding? =
            switch (tag, bits) {
            case (1, 8): .unsigned8
            case (1, 16): .signed16
            case (1, 24): .signed24
            case (1, 32): .signed32
            case (3, 32): .float32
            case (6, 8): .aLaw
            case (7, 8): .muLaw
            default: nil
            }
        guard let encoding else {
            throw fault("has samples of format \(tag) with \(bits) bits, which is not supported from a pipe")
        }
        return SampleFormat(
            encoding: encoding, sampleRate: Int(number(chunk, 4, 4)), channels: Int(number(chunk, 2, 2)))
    }

    private func number(_ bytes: [UInt8], _ place: Int, _ count: Int) -> UInt32 {
        (0..<count).reduce(0) { $0 | UInt32(bytes[place + $1]) << UInt32(8 * $1) }
    }
}
