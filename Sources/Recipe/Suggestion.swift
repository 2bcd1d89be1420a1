/// Which of several names someone may have meant.
///
/// - Parameters:
///   - names: The existing names.
///   - aliases: Other programs' names for some of them.
/// - Returns: Nil if none is close enough: a wild guess misleads.
package func suggestion(
    for written: String, among names: [String], aliases: [String: String] = [:]
) -> String? {
    if let meant = alias(for: written, in: aliases), names.contains(meant) { return meant }
    let plain = plainName(written)
    let near = names.map { (name: $0, distance: editDistance(plainName($0), plain)) }
        .min { $0.distance < $1.distance }
    // Up to a third of the letters wrong is a typo; more is another word.
    guard let near, near.distance <= max(1, plain.count / 3) else { return nil }
    return near.name
}

/// The key meant by another program's name.
func alias(for written: String, in aliases: [String: String]) -> String? {
    if let meant = aliases[written] { return meant }
    let plain = plainName(written)
    return aliases.first { plainName($0.key) == plain }?.value
}

/// A normalised name: `learning-rate`, `learningRate` and `learning_rate` are the same.
private func plainName(_ name: String) -> [Unicode.Scalar] {
    name.lowercased().unicodeScalars.filter { $0 != "_" && $0 != "-" && $0 != " " }
}

/// The fewest edits from one name to the other: letters added, removed, replaced, or two neighbours swapped
/// (Damerau and Levenshtein).
private func editDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    // Nobody meant a name this long.
    guard left.count <= 64, right.count <= 64 else { return .max }
    var before: [Int] = []
    var row = Array(0...right.count)
    for i in left.indices {
        var next = [i + 1]
        for j in right.indices {
            var distance = min(row[j] + (left[i] == right[j] ? 0 : 1), row[j + 1] + 1, next[j] + 1)
            if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                distance = min(distance, before[j - 1] + 1)
            }
            next.append(distance)
        }
        (before, row) = (row, next)
    }
    return row[right.count]
}
