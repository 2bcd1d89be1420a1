/// The order in which weights or scores are ranked: the first are pruned.
public enum SelectionOrder: Sendable {
    /// By magnitude: the closest to 0 goes first.
    case magnitude
    /// By value: the most negative goes first.
    case value
}

extension SelectionOrder {
    /// A number's place in the order, as an integer; both zeros have the same.
    func key(_ number: Float) -> UInt32 {
        switch self {
        case .magnitude: return number.bitPattern & 0x7FFF_FFFF
        case .value:
            let bits = (number + 0).bitPattern
            return bits >> 31 == 0 ? bits | 0x8000_0000 : ~bits
        }
    }

    /// The number, or one of the two, that has a key.
    func number(_ key: UInt32) -> Float {
        switch self {
        case .magnitude: Float(bitPattern: key)
        case .value: Float(bitPattern: key >> 31 == 1 ? key & 0x7FFF_FFFF : ~key)
        }
    }

    /// The keys of all numbers except NaN.
    var keys: ClosedRange<UInt32> {
        switch self {
        case .magnitude: 0...key(.infinity)
        case .value: key(-.infinity)...key(.infinity)
        }
    }

    /// What the shim calls it: whether the sign counts.
    var countsSign: Int32 { self == .value ? 1 : 0 }
}
