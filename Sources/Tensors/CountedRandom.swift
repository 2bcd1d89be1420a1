/// What random numbers are for.
///
/// Each purpose has its own numbers, so one more draw here changes none there.
public enum RandomStream: UInt64, Sendable {
    case initialization = 1
    case epochOrder
    case timeMask
    case channelMask
    case layerDrop
    case featureDropout
    case hiddenDropout
    case attentionDropout
    case activationDropout
    case outputDropout
    case headDropout
    case randomMask
    case bootstrap
    case corpusSplit
    case pretraining
    case gumbel
    case negatives
    case quantizerDropout
    case audioPiece
    case positionDropout
    case audioSpeed
    case audioNoise
}

/// Random numbers that are a function of where they are used, not of how many were drawn before.
///
/// (seed, stream, step, item, layer) name a sequence; an index names a number in it. Backward regenerates
/// what forward drew, resuming needs no state, and a result does not depend on which rank drew it. The mixer
/// is that of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014, section 4).
public struct CountedRandom: Sendable {
    /// Names the sequence.
    public let key: UInt64

    /// The sequence for a purpose at a step, for an item (an utterance's identity) and a layer.
    public init(seed: UInt64, stream: RandomStream, step: Int = 0, item: UInt64 = 0, layer: Int = 0) {
        var key = Self.mix(seed &+ 0x9E37_79B9_7F4A_7C15)
        for part in [
            stream.rawValue, UInt64(bitPattern: Int64(step)), item, UInt64(bitPattern: Int64(layer)),
        ] {
            key = Self.mix(key ^ (part &* 0xD1B5_4A32_D192_ED03 &+ 0x9E37_79B9_7F4A_7C15))
        }
        self.key = key
    }

    /// 64 uniform bits.
    @inlinable
    public func bits(at index: UInt64) -> UInt64 { Self.mix(key &+ (index &+ 1) &* 0x9E37_79B9_7F4A_7C15) }

    /// A number in [0, 1), a multiple of 2⁻⁵³.
    @inlinable
    public func uniform(at index: UInt64) -> Double { Double(bits(at: index) >> 11) * 0x1p-53 }

    /// A standard normal number (Box and Muller, 1958), from two uniform ones.
    public func normal(at index: UInt64) -> Double {
        let radius = (-2 * logarithm(1 - uniform(at: 2 &* index))).squareRoot()
        return radius * cosine(2 * .pi * uniform(at: 2 &* index &+ 1))
    }

    /// A standard Gumbel number, −ln(−ln u), with u in the open interval (0, 1).
    public func gumbel(at index: UInt64) -> Double {
        -logarithm(-logarithm((Double(bits(at: index) >> 11) + 0.5) * 0x1p-53))
    }

    @inlinable
    static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
