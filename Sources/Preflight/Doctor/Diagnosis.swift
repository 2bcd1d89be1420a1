internal import Training

/// Findings as a pure function of all ranks' facts.
struct Diagnosis: Sendable {
    /// The facts of each rank.
    let ranks: [RankFacts]
    /// What the recipe needs; defaults for a launch without one.
    let needs: RecipeNeeds
    /// Whether ranks cannot send long messages, so that only rank 0's other facts are known.
    var knowsOnlySingleCopy = false
    /// Which MPI carries the messages.
    var library: MPILibrary { MPILibrary(version: ranks[0].program.library) }
    /// Whether Open MPI carries the messages: its settings are the fixes.
    var usesOpenMPI: Bool { library == .openMPI }

    /// Everything found: errors first, then warnings, then notes.
    var findings: [Finding] {
        guard !knowsOnlySingleCopy else { return singleCopyFindings }
        let all =
            launchFindings + processorFindings + precisionFindings + speedFindings + agreementFindings
            + fileFindings
            + memoryFindings + limitFindings + singleCopyFindings + networkFindings + storageFindings
            + clockFindings
        return Finding.Level.allCases.flatMap { level in all.filter { $0.level == level } }
    }

    /// The ranks of each node, by its name.
    var nodes: [(host: String, ranks: [Int])] {
        Dictionary(grouping: ranks.indices, by: { ranks[$0].placement.host })
            .sorted { $0.value[0] < $1.value[0] }.map { (host: $0.key, ranks: $0.value) }
    }

    /// The ranks that lead their nodes.
    var leaders: [Int] { ranks.indices.filter { ranks[$0].leadsNode } }

    /// The ranks for which something is true.
    func those(_ isTrue: (RankFacts) -> Bool) -> [Int] { ranks.indices.filter { isTrue(ranks[$0]) } }

    /// The ranks whose value differs from the most frequent one, with both values; nil if all agree.
    func odd<Value: Hashable>(
        among members: [Int], _ value: (RankFacts) -> Value
    ) -> (ranks: [Int], value: Value, usual: Value)? {
        let groups = Dictionary(grouping: members, by: { value(ranks[$0]) })
        // Of two equally frequent ones, rank 0's.
        guard groups.count > 1,
            let usual = groups.max(by: {
                ($0.value.count, -$0.value[0]) < ($1.value.count, -$1.value[0])
            })
        else { return nil }
        let others = groups.filter { $0.key != usual.key }.values.flatMap { $0 }.sorted()
        return (others, value(ranks[others[0]]), usual.key)
    }
}
