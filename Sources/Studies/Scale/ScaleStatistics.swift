internal import Foundation

/// A mean and its 95 % interval by Student's t: launches are independent, updates of one launch are not.
struct MeanInterval: Sendable {
    let mean: Double
    let halfWidth: Double
    let count: Int

    /// The mean of samples; a single one has an infinite interval.
    init(_ samples: [Double]) {
        count = samples.count
        mean = samples.reduce(0, +) / Double(max(1, count))
        let center = mean
        let variance = samples.reduce(0) { $0 + ($1 - center) * ($1 - center) } / Double(max(1, count - 1))
        halfWidth =
            count < 2
            ? .infinity : Self.quantile(degrees: count - 1) * (variance / Double(count)).squareRoot()
    }

    /// The half-width as a share of the mean.
    var relativeHalfWidth: Double { halfWidth / mean }

    /// The 0.975 quantile of Student's t.
    static func quantile(degrees: Int) -> Double {
        let exact = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228]
        if degrees <= exact.count { return exact[max(1, degrees) - 1] }
        // Cornish and Fisher's expansion around the normal quantile z, two terms: within 0.003 from 11 on.
        let (z, n) = (1.959964, Double(degrees))
        return z + (z * z * z + z) / (4 * n)
            + (5 * pow(z, 5) + 16 * z * z * z + 3 * z) / (96 * n * n)
    }
}

/// The expected largest of `count` standard normal numbers (Blom, 1958: the normal quantile of
/// (n − 0.375) / (n + 0.25): 5 % too much at 2, within 1 % from 10 on).
func expectedMaximum(of count: Int) -> Double {
    count < 2 ? 0 : normalQuantile((Double(count) - 0.375) / (Double(count) + 0.25))
}

/// The quantile of the standard normal distribution, by bisection of the error function.
func normalQuantile(_ probability: Double) -> Double {
    var (low, high) = (-9.0, 9.0)
    for _ in 0..<80 {
        let middle = (low + high) / 2
        if 0.5 * erfc(-middle / 2.0.squareRoot()) < probability { low = middle } else { high = middle }
    }
    return (low + high) / 2
}

/// One equation of a fit: Σ weight · term ≈ value.
struct FitEquation: Sendable {
    let terms: [Double]
    let value: Double
}

/// The coefficients, none of them negative, with the least sum of squared relative errors.
///
/// Every subset of terms is tried: there are few. Terms that the equations cannot tell apart are left out.
func fitNonNegative(_ equations: [FitEquation]) -> [Double] {
    let usable = equations.filter { $0.value > 0 && $0.value.isFinite }
    let count = equations.first?.terms.count ?? 0
    var best = (error: Double.infinity, coefficients: [Double](repeating: 0, count: count))
    for subset in 0..<1 << count {
        let chosen = (0..<count).filter { subset >> $0 & 1 == 1 }
        guard chosen.count <= usable.count, let solved = leastSquares(usable, terms: chosen),
            solved.allSatisfy({ $0 >= 0 })
        else { continue }
        var coefficients = [Double](repeating: 0, count: count)
        for (place, term) in chosen.enumerated() { coefficients[term] = solved[place] }
        let error = usable.reduce(0.0) { sum, equation in
            let fitted = zip(coefficients, equation.terms).reduce(0) { $0 + $1.0 * $1.1 }
            return sum + pow(fitted / equation.value - 1, 2)
        }
        // Fewer terms win if more explain nothing.
        if error < best.error * (1 - 1e-6) - 1e-15 { best = (error, coefficients) }
    }
    return best.coefficients
}

/// Gaussian elimination of the normal equations, each equation divided by its value; nil without a unique
/// solution.
private func leastSquares(_ equations: [FitEquation], terms: [Int]) -> [Double]? {
    let size = terms.count
    var rows = [[Double]](repeating: [Double](repeating: 0, count: size + 1), count: size)
    // Terms with different units are scaled alike.
    let scales = terms.map { term in
        equations.reduce(0) { max($0, abs($1.terms[term] / $1.value)) }
    }
    guard scales.allSatisfy({ $0 > 0 }) else { return nil }
    for equation in equations {
        let scaled = zip(terms, scales).map { equation.terms[$0] / equation.value / $1 }
        for row in 0..<size {
            for column in 0..<size { rows[row][column] += scaled[row] * scaled[column] }
            rows[row][size] += scaled[row]
        }
    }
    for pivot in 0..<size {
        guard let largest = (pivot..<size).max(by: { abs(rows[$0][pivot]) < abs(rows[$1][pivot]) }),
            abs(rows[largest][pivot]) > 1e-9
        else { return nil }
        rows.swapAt(pivot, largest)
        for row in 0..<size where row != pivot {
            let factor = rows[row][pivot] / rows[pivot][pivot]
            for column in pivot...size { rows[row][column] -= factor * rows[pivot][column] }
        }
    }
    return (0..<size).map { rows[$0][size] / rows[$0][$0] / scales[$0] }
}
