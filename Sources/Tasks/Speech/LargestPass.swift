package import Models

/// Finds the pass that takes the most memory.
package struct LargestPass {
    /// The bytes it takes.
    package private(set) var bytes = 0
    private let arenaBytes: (PlannedPass) -> Int
    /// The Pareto front of passes: most passes of a run are exceeded in every respect by one of a few.
    private var frontier: [Extents] = []

    /// The sizes that memory grows with.
    private struct Extents {
        let samples: Int
        let longest: Int
        let labels: Int
        let count: Int
        let isHeadOnly: Bool

        init(_ pass: PlannedPass) {
            samples = pass.utterances.reduce(0) { $0 + $1.samples }
            longest = pass.utterances.reduce(0) { max($0, $1.samples) }
            labels = pass.utterances.reduce(0) { max($0, $1.labels) }
            count = pass.utterances.count
            isHeadOnly = pass.trainable == .headOnly
        }

        func exceeds(_ other: Extents) -> Bool {
            samples >= other.samples && longest >= other.longest && labels >= other.labels
                && count >= other.count && isHeadOnly == other.isHeadOnly
        }
    }

    /// No pass yet; `arenaBytes` gives a pass's memory.
    package init(arenaBytes: @escaping (PlannedPass) -> Int) { self.arenaBytes = arenaBytes }

    /// Considers one more pass.
    package mutating func consider(_ pass: PlannedPass) {
        let extents = Extents(pass)
        guard !frontier.contains(where: { $0.exceeds(extents) }) else { return }
        frontier.removeAll { extents.exceeds($0) }
        frontier.append(extents)
        bytes = max(bytes, arenaBytes(pass))
    }
}
