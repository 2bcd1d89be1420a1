internal import Foundation

/// How a WAV file stores a sample.
public enum WaveFormat: CaseIterable, Sendable {
    case unsigned8
    case signed16
    case signed24
    case signed32
    case float32

    var bits: Int {
        switch self {
        case .unsigned8: 8
        case .signed16: 16
        case .signed24: 24
        case .signed32, .float32: 32
        }
    }

    /// The largest error of a stored sample, full scale 1.
    public var precision: Float {
        switch self {
        case .unsigned8: 0x1p-7
        case .signed16: 0x1p-15
        case .signed24, .signed32, .float32: 0x1p-23
        }
    }

    func bytes(_ sample: Float) -> [UInt8] {
        func scaled(_ bits: Int) -> Int { Int((Double(sample) * scalbn(1, bits - 1)).rounded()) }
        return switch self {
        case .unsigned8: [UInt8(clamping: scaled(8) + 128)]
        case .signed16: TestSupport.bytes(Int16(clamping: scaled(16)))
        case .signed24: Array(TestSupport.bytes(Int32(scaled(24))).prefix(3))
        case .signed32: TestSupport.bytes(Int32(clamping: scaled(32)))
        case .float32: TestSupport.bytes(sample.bitPattern)
        }
    }
}

/// The bytes of a WAV file of these channels; its header states another length if `statedBytes` says one.
public func waveFile(
    _ channels: [[Float]], sampleRate: Int = 16000, format: WaveFormat = .signed16, statedBytes: UInt32? = nil
) -> [UInt8] {
    var data: [UInt8] = []
    for frame in 0..<(channels.first?.count ?? 0) {
        for channel in channels { data += format.bytes(channel[frame]) }
    }
    let frameBytes = channels.count * format.bits / 8
    var header = Array("fmt ".utf8) + bytes(UInt32(16)) + bytes(UInt16(format == .float32 ? 3 : 1))
    header +=
        bytes(UInt16(channels.count)) + bytes(UInt32(sampleRate)) + bytes(UInt32(sampleRate * frameBytes))
    header += bytes(UInt16(frameBytes)) + bytes(UInt16(format.bits))
    // An irrelevant chunk of odd length, as recorders write them.
    header += Array("LIST".utf8) + bytes(UInt32(3)) + [1, 2, 3, 0]
    header += Array("data".utf8) + bytes(statedBytes ?? UInt32(data.count))
    return Array("RIFF".utf8) + bytes(UInt32(4 + header.count + data.count)) + Array("WAVE".utf8) + header
        + data
}

/// A tone.
public func tone(
    _ frequency: Double, seconds: Double, sampleRate: Int = 16000, amplitude: Double = 0.5
) -> [Float] {
    (0..<Int(seconds * Double(sampleRate))).map {
        Float(amplitude * sin(2 * .pi * frequency * Double($0) / Double(sampleRate)))
    }
}

/// The amplitude of a frequency in the middle half of a signal, by projection on its sine and cosine.
public func amplitude(of frequency: Double, in samples: [Float], sampleRate: Int = 16000) -> Double {
    var (sine, cosine) = (0.0, 0.0)
    let middle = samples.count / 4..<samples.count * 3 / 4
    for index in middle {
        let angle = 2 * .pi * frequency * Double(index) / Double(sampleRate)
        sine += Double(samples[index]) * sin(angle)
        cosine += Double(samples[index]) * cos(angle)
    }
    return 2 * (sine * sine + cosine * cosine).squareRoot() / Double(max(1, middle.count))
}
