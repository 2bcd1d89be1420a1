public import Tensors

/// A sum of float32 vectors whose bits depend on neither the order nor the grouping of its terms.
///
/// Terms are rounded to multiples of one quantum, fixed before any is seen, and added in double, where sums of such
/// multiples below a limit are exact (pre-rounding as of Demmel & Nguyen, 2013, "Fast Reproducible Floating-Point
/// Summation", with the boundary as a constant). For other processes a sum is split into digits that float32
/// adds exactly, so that any all-reduce works.
public struct ExactSum: ~Copyable {
    /// The quantum of terms: 2^-30, far below what matters in a gradient of summed losses.
    public static let quantum = 0x1p-30
    /// The magnitude below which sums are exact: double has 53 bits.
    public static let limit = quantum * 0x1p52
    /// The number of elements.
    public let count: Int
    /// The maximum magnitude of one term, so that all of them stay below the limit.
    public let largestTerm: Float
    /// Whether all terms since the last `clear` were small enough, and not NaN.
    public private(set) var isExact = true
    private let sums: UnsafeMutablePointer<Double>

    /// A sum of at most `terms` vectors of `count` elements, each.
    public init(count: Int, terms: Int) {
        precondition(terms > 0, "a sum of \(terms) terms")
        self.count = count
        largestTerm = Float(Self.limit / Double(terms)) * 0.5
        sums = .allocate(capacity: max(1, count))
        sums.initialize(repeating: 0, count: count)
    }

    deinit { sums.deallocate() }

    /// Resets the elements from an offset on.
    public mutating func clear(from offset: Int) {
        (sums + offset).update(repeating: 0, count: count - offset)
        isExact = true
    }

    /// Adds a vector to the elements from an offset on.
    public mutating func add(_ term: Tensor, at offset: Int) {
        precondition(offset + term.count <= count, "\(term.count) elements from \(offset) of \(count)")
        // Adding a number this large leaves no bits below the quantum.
        let rounder = Self.quantum * 0x1.8p52
        let (source, target) = (term.pointer, sums + offset)
        var outliers = 0
        for index in 0..<term.count {
            let value = source[index]
            target[index] += (Double(value) + rounder) - rounder
            // A comparison that NaN fails, too.
            outliers += abs(value) <= largestTerm ? 0 : 1
        }
        if outliers > 0 { isExact = false }
    }

    /// Writes the sum of a range of elements, for a single process.
    public func write(_ range: Range<Int>, into target: Tensor) {
        let (source, result) = (sums + range.lowerBound, target.pointer)
        for index in 0..<range.count { result[index] = Float(source[index]) }
    }

    /// The number of digits of the sum for this many processes.
    ///
    /// A digit is at most 2^(`digitBits` - 1) units, and float32 holds whole numbers up to 2^24: 3 digits are
    /// enough for 128 processes, 4 for 2,048, 6 for 65,536.
    public static func digits(processes: Int) -> Int {
        processes <= 1 << 7 ? 3 : processes <= 1 << 11 ? 4 : 6
    }

    /// Bits per digit for a number of digits: together the 53 of a sum, and one for carries.
    private static func digitBits(_ digits: Int) -> Int { digits == 3 ? 18 : digits == 4 ? 14 : 9 }

    /// Writes the digits of a range of elements, the coarsest first, and leaves zeros in their place.
    public mutating func takeDigits(of range: Range<Int>, into digits: [Tensor]) {
        let bits = Self.digitBits(digits.count)
        let source = sums + range.lowerBound
        for (place, digit) in digits.enumerated() {
            let unit = Self.unit(place: place, of: digits.count, bits: bits)
            let rounder = unit * 0x1.8p52
            let target = digit.pointer
            for index in 0..<range.count {
                let value = (source[index] + rounder) - rounder
                target[index] = Float(value)
                source[index] -= value
            }
        }
    }

    /// Writes the value of digits that were summed over all processes.
    public static func compose(_ digits: [Tensor], into target: Tensor) {
        let result = target.pointer
        let pointers = digits.map(\.pointer)
        for index in 0..<target.count {
            var value = 0.0
            for pointer in pointers { value += Double(pointer[index]) }
            result[index] = Float(value)
        }
    }

    private static func unit(place: Int, of digits: Int, bits: Int) -> Double {
        quantum * Double(sign: .plus, exponent: bits * (digits - 1 - place), significand: 1)
    }
}
