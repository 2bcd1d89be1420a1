internal import Batching

/// This rank's micro-batches of some updates, in order.
struct RankWork: Sendable {
    private let updates: Range<Int>
    private let share: @Sendable ([Int]) -> [[Int]]
    private var walk: BatchSchedule.Walk
    /// The update of what is handed out next.
    private var update: Int
    /// Micro-batches of the update that are not handed out yet, the last one first.
    private var waiting: [[Int]] = []

    /// The work of updates of a schedule.
    ///
    /// - Parameter share: A rank's share of a global batch, as micro-batches.
    init(_ schedule: BatchSchedule, updates: Range<Int>, share: @escaping @Sendable ([Int]) -> [[Int]]) {
        self.updates = updates
        self.share = share
        walk = schedule.walk(from: updates.lowerBound)
        update = updates.lowerBound
    }

    /// The next piece, of which every update has one at least; nil after the last update.
    mutating func next() -> RankPiece? {
        guard update < updates.upperBound else { return nil }
        let isFirst = waiting.isEmpty
        if isFirst { waiting = share(walk.nextBatch().items).reversed() }
        let piece = RankPiece(
            update: update, items: waiting.popLast(), isFirst: isFirst, isLast: waiting.isEmpty)
        if piece.isLast { update += 1 }
        return piece
    }
}

/// The items of one micro-batch, and where it stands among this rank's of its update.
struct RankPiece: Sendable, Equatable {
    /// The update, counted from 0.
    let update: Int
    /// nil in an update that leaves this rank nothing to do.
    let items: [Int]?
    let isFirst: Bool
    let isLast: Bool
}

/// A micro-batch in memory, as the prefetch thread hands it over; its reader need not ask the schedule.
struct PrefetchedBatch<Batch: Sendable>: Sendable {
    /// Which piece of this rank's work it is.
    let work: RankPiece
    /// nil where there are no items.
    let batch: Batch?
}
