/// The header of a frame of MPEG audio, four bytes (ISO 11172-3, section 2.4.1.3).
struct MPEGHeader: Equatable {
    /// Bytes of the frame, header included.
    let size: Int
    /// Samples a second.
    let sampleRate: Int
    /// Samples per channel in the frame.
    let samples: Int
    /// Whether it is layer III, MP3.
    let isLayerThree: Bool
    /// Whether it is MPEG 1, not one of the half and quarter rates of MPEG 2.
    let isFirstVersion: Bool
    /// Whether there is one channel.
    let isMono: Bool

    /// Kilobits a second by version, layer and the header's four bits; 0 leaves the size open.
    private static let rates: [[Int]] = [
        [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ]

    /// Reads four bytes; nil if they are not a header, or one without its frame's length.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 4, bytes[0] == 0xFF, bytes[1] & 0xE0 == 0xE0 else { return nil }
        let (version, layer) = (Int(bytes[1] >> 3 & 3), Int(bytes[1] >> 1 & 3))
        let (rate, frequency) = (Int(bytes[2] >> 4), Int(bytes[2] >> 2 & 3))
        guard version != 1, layer != 0, (1..<15).contains(rate), frequency != 3 else { return nil }
        let isFirst = version == 3
        let table = isFirst ? 3 - layer : (layer == 3 ? 3 : 4)
        let bits = Self.rates[table][rate] * 1000
        sampleRate = [44100, 48000, 32000][frequency] / (isFirst ? 1 : version == 2 ? 2 : 4)
        samples = layer == 3 ? 384 : (layer == 1 && !isFirst ? 576 : 1152)
        let padding = Int(bytes[2] >> 1 & 1)
        size = layer == 3 ? (12 * bits / sampleRate + padding) * 4 : samples / 8 * bits / sampleRate + padding
        isLayerThree = layer == 1
        isFirstVersion = isFirst
        isMono = bytes[3] >> 6 == 3
        guard size > 4 else { return nil }
    }

    /// Whether a decoder can continue from one frame to the other.
    func belongs(with other: MPEGHeader) -> Bool {
        sampleRate == other.sampleRate && samples == other.samples && isLayerThree == other.isLayerThree
            && isMono == other.isMono
    }

    /// The offset of a layer III frame's information about the whole file: after header and side information.
    var infoOffset: Int { 4 + (isFirstVersion ? (isMono ? 17 : 32) : (isMono ? 9 : 17)) }
}
