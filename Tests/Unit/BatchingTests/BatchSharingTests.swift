import Batching
import Testing

struct BatchSharingTests {
    private let items = (0..<23).map { index in
        BatchItem(id: "\(index)", cost: 1 + Double(index * 7 % 5))
    }
    private let batch = Array((0..<23).reversed())

    @Test(
        "parts are the same micro-batches for any number of ranks, each held by one rank",
        arguments: [2.5, 100])
    func parts(rankCost: Double) {
        let seconds = items.reduce(0) { $0 + $1.cost }
        let sharing = BatchSharing(rankCost: rankCost, parts: 6, batchCost: seconds)
        func microBatches(_ ranks: Int) -> [[[Int]]] {
            sharing.microBatches(of: batch, items: items, rankCount: ranks)
        }
        let alone = microBatches(1)[0]
        #expect(Set(alone.joined()) == Set(batch) && alone.joined().count == batch.count)
        #expect(alone.count <= sharing.mostMicroBatches ?? 0)
        for ranks in [2, 3, 4, 6, 8] {
            let shared = microBatches(ranks)
            #expect(shared.count == ranks)
            #expect(Set(shared.joined()) == Set(alone) && shared.joined().count == alone.count)
        }
    }

    @Test("without parts every rank gets about as much, in pieces that fit its memory")
    func shares() {
        let sharing = BatchSharing(rankCost: 9)
        #expect(sharing.mostMicroBatches == nil)
        let shared = sharing.microBatches(of: batch, items: items, rankCount: 3)
        #expect(Set(shared.joined().joined()) == Set(batch))
        for piece in shared.joined() {
            #expect(piece.reduce(0) { $0 + items[$1].cost } <= 9)
        }
    }
}
