internal import Batching

/// This rank's micro-batches of a range of updates, in order.
struct RankWork: Sendable {
    private let updates: Range<Int>
    private let share: @Sendable ([Int]) -> [[Int]]
    private var walk: BatchSchedule.Walk
    /// The update of the next piece.
    private var update: Int
    /// Micro-batches of the update not handed out yet, last one first.
    private var waiting: [[Int]] = []

    /// The work of a range of a schedule's updates.
    ///
    /// - Parameter share: A rank's share of a global batch, as micro-batches.
    init(_ schedule: BatchSchedule, updates: Range<Int>, share: @escaping @Sendable ([Int]) -> [[Int]]) {
        self.updates = updates
        self.share = share
        walk = schedule.walk(from: updates.lowerBound)
        update = updates.lowerBound
    }

    /// The next piece, at least one per update; nil after the last update.
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

/// The items of one micro-batch, and its position among this rank's in the update.
struct RankPiece: Sendable, Equatable {
    /// The update, counted from 0.
    let update: Int
    /// nil in an update without work for this rank.
    let items: [Int]?
    let isFirst: Bool
    let isLast: Bool
}

/// A micro-batch in memory, as the prefetch thread hands it over; its reader need not ask the schedule.
struct PrefetchedBatch<Batch: Sendable>: Sendable {
    /// Which piece of this rank's work it is.
    let work: RankPiece
    /// nil if there are no items.
    let batch: Batch?
}
