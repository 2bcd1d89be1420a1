/// Discounts of modified Kneser–Ney smoothing for counts of one, two, and three or more (Chen and Goodman,
/// 1998, equation 26).
public struct Discounts: Sendable, Equatable {
    /// The discounts for counts of 0, 1, 2, and 3 or more.
    public let amounts: [Double]
    /// Whether the counts gave none, so that 0.5, 1 and 1.5 are used.
    public let isFallback: Bool

    /// The discounts of an order, given the numbers of n-grams that occur once, twice, three and four times.
    ///
    /// Small or machine-made text may lack one of these, or give a discount out of range.
    init(countsOfCounts: [Int]) {
        let estimate = Self.estimate(countsOfCounts.map(Double.init))
        amounts = estimate ?? [0, 0.5, 1, 1.5]
        isFallback = estimate == nil
    }

    private static func estimate(_ n: [Double]) -> [Double]? {
        guard n.prefix(3).allSatisfy({ $0 > 0 }) else { return nil }
        let y = n[0] / (n[0] + 2 * n[1])
        let amounts = (1...3).map { Double($0) - Double($0 + 1) * y * n[$0] / n[$0 - 1] }
        return zip(1..., amounts).allSatisfy { $1 >= 0 && $1 <= Double($0) } ? [0] + amounts : nil
    }

    func of(_ count: UInt64) -> Double { amounts[Int(min(count, 3))] }
}
