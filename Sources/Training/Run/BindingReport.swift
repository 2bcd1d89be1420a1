/// How ranks are placed on machines: one line for all, or one each.
func bindingReport(_ ranks: [RankPlacement], each: Bool) -> [String] {
    let hosts = Dictionary(grouping: ranks, by: \.host)
    let bound = ranks.count { rank in
        // A rank counts as bound if it may use fewer processors than another on its machine, or shares them
        // with none.
        let others = hosts[rank.host] ?? []
        return others.count > 1 && others.count { !Set($0.processors).isDisjoint(with: rank.processors) } == 1
    }
    let most = hosts.values.map(\.count).max() ?? 0
    let summary =
        "ranks: \(ranks.count) on \(hosts.count) machine(s), at most \(most) each; \(bound) of them "
        + "with processors of their own"
    guard each else { return ranks.count > 1 ? [summary] : [] }
    return [summary]
        + ranks.enumerated().map { rank, placement in
            let processors = placement.processors.isEmpty ? "unknown" : numberRanges(placement.processors)
            return
                "rank \(rank) on \(placement.host): processors \(processors), \(placement.threads) thread(s)"
        }
}

/// Whole numbers as Linux lists processors: `0-3,8`.
package func numberRanges(_ numbers: [Int]) -> String {
    var ranges: [ClosedRange<Int>] = []
    for number in numbers.sorted() {
        if let last = ranges.last, number <= last.upperBound + 1 {
            ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, number)
        } else {
            ranges.append(number...number)
        }
    }
    return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
        .joined(separator: ",")
}
