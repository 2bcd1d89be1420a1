/// Pearson's correlation of two series; nil if undefined: fewer than two values, or a constant series.
public func pearsonCorrelation(_ x: [Double], _ y: [Double]) -> Double? {
    precondition(x.count == y.count, "series of \(x.count) and \(y.count) values")
    guard x.count > 1, let first = x.first, let other = y.first, x.contains(where: { $0 != first }),
        y.contains(where: { $0 != other })
    else { return nil }
    let (dx, dy) = (normalizedDeviations(x), normalizedDeviations(y))
    let correlation = zip(dx, dy).reduce(0) { $0 + $1.0 * $1.1 }
    return correlation.isFinite ? min(1, max(-1, correlation)) : nil
}

/// Spearman's correlation of two series: Pearson's of their ranks; nil if that is undefined.
public func spearmanCorrelation(_ x: [Double], _ y: [Double]) -> Double? {
    guard !x.contains(where: \.isNaN), !y.contains(where: \.isNaN) else { return nil }
    return pearsonCorrelation(averageRanks(x), averageRanks(y))
}

/// Deviations from the mean over their Euclidean norm, scaled before they are squared so that none overflows.
private func normalizedDeviations(_ values: [Double]) -> [Double] {
    let mean = values.reduce(0, +) / Double(values.count)
    let deviations = values.map { $0 - mean }
    let largest = deviations.reduce(0) { max($0, abs($1)) }
    let norm = largest * deviations.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }.squareRoot()
    return deviations.map { $0 / norm }
}

/// The rank of each value from 1; equal values share the mean of their ranks.
private func averageRanks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
        var end = start + 1
        while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
        for place in order[start..<end] { ranks[place] = Double(start + 1 + end) / 2 }
        start = end
    }
    return ranks
}
