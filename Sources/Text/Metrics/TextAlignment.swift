/// The outcome of a token of the reference or hypothesis.
public enum AlignedToken: Sendable, Equatable {
    /// Correct.
    case correct(String)
    /// Substituted.
    case substituted(said: String, heard: String)
    /// Deleted.
    case deleted(String)
    /// Inserted.
    case inserted(String)
}

/// The largest alignment table, in one-byte cells.
private let maximumCells = 1 << 26

/// The alignment of hypothesis and reference with the fewest errors, and among those the fewest unpaired
/// tokens: the one counted by `ErrorRate`.
///
/// - Returns: Nil if both are so long that the table would take too much memory.
public func aligned(_ said: [String], _ heard: [String]) -> [AlignedToken]? {
    let (rows, columns) = (said.count + 1, heard.count + 1)
    guard rows.multipliedReportingOverflow(by: columns).partialValue <= maximumCells,
        !rows.multipliedReportingOverflow(by: columns).overflow
    else { return nil }
    func same(_ row: Int, _ column: Int) -> Bool {
        said[row].unicodeScalars.elementsEqual(heard[column].unicodeScalars)
    }
    // Errors, then unpaired tokens, in one number, as in ErrorRate.
    let replaced = 1 << 32
    let unpaired = replaced + 1
    var costs = (0..<columns).map { $0 * unpaired }
    var steps = [Step](repeating: .inserted, count: rows * columns)
    for row in 1..<rows where rows > 1 {
        var diagonal = costs[0]
        costs[0] += unpaired
        steps[row * columns] = .deleted
        for column in 1..<columns where columns > 1 {
            let paired = diagonal + (same(row - 1, column - 1) ? 0 : replaced)
            diagonal = costs[column]
            let (deleted, inserted) = (costs[column] + unpaired, costs[column - 1] + unpaired)
            costs[column] = min(paired, deleted, inserted)
            // Among equally good alignments the one that pairs early: the rest is at the end.
            steps[row * columns + column] =
                costs[column] == inserted ? .inserted : costs[column] == deleted ? .deleted : .paired
        }
    }
    var tokens: [AlignedToken] = []
    var (row, column) = (said.count, heard.count)
    while row > 0 || column > 0 {
        switch steps[row * columns + column] {
        case .paired:
            (row, column) = (row - 1, column - 1)
            tokens.append(
                same(row, column)
                    ? .correct(said[row]) : .substituted(said: said[row], heard: heard[column]))
        case .deleted:
            row -= 1
            tokens.append(.deleted(said[row]))
        case .inserted:
            column -= 1
            tokens.append(.inserted(heard[column]))
        }
    }
    return tokens.reversed()
}

private enum Step: UInt8 {
    case paired, deleted, inserted
}

/// The characters of a text, code point by code point, spaces included.
public func characterTokens(_ text: String) -> [String] { text.unicodeScalars.map { String($0) } }
