import Foundation
public import Tensors

/// Deterministic numbers in -1 ...
///
/// 1 without a period in sight: sin(0.7 i + 0.013 i² + phase), as in Tests/Golden.
public func wave(_ count: Int, phase: Double, amplitude: Double = 1) -> [Float] {
    (0..<count).map {
        let i = Double($0)
        return Float(sin(0.7 * i + 0.013 * i * i + phase)) * Float(amplitude)
    }
}

/// Σ values[i] cos(0.37 i + 0.011 i²) in double: one number that every element moves, as in Tests/Golden.
public func projection(_ values: Tensor) -> Double {
    (0..<values.count).reduce(0.0) {
        let i = Double($1)
        return $0 + Double(values[$1]) * cos(0.37 * i + 0.011 * i * i)
    }
}

extension Arena {
    /// A matrix of `wave` numbers.
    public mutating func wave(rows: Int = 1, columns: Int, phase: Double, amplitude: Double = 1) -> Tensor {
        let result = tensor(rows: rows, columns: columns)
        result.copy(from: TestSupport.wave(rows * columns, phase: phase, amplitude: amplitude))
        return result
    }

    /// A matrix of NaN: what a kernel must overwrite.
    public mutating func unset(rows: Int = 1, columns: Int) -> Tensor {
        let result = tensor(rows: rows, columns: columns)
        result.fill(.nan)
        return result
    }
}

/// The largest |a - b|, infinite if the counts differ, NaN if one is; equal infinities do not differ.
public func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
    guard a.count == b.count else { return .infinity }
    var largest: Float = 0
    for (left, right) in zip(a, b) where left != right {
        let difference = abs(left - right)
        if difference.isNaN { return .nan }
        largest = max(largest, difference)
    }
    return largest
}

/// An arena for a test: small, so that many tests at once are no burden.
public func testArena() -> Arena { Arena(capacityBytes: 256 << 20) }
