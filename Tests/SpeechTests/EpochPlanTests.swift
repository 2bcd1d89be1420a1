import Speech
import Tensors
import TestSupport
import Testing

struct EpochPlanTests {
    /// Utterances of 1 to 20 s with names of their own; equal lengths occur.
    private func utterances(_ count: Int, seed: UInt64 = 1) -> [Utterance] {
        let random = CountedRandom(seed: seed, stream: .corpusSplit)
        return (0..<count).map {
            let seconds = (1 + 19 * random.uniform(at: UInt64($0))).rounded()
            return Utterance(
                id: "u\($0)", audioPath: "/u\($0).wav", durationSeconds: seconds, text: "x", origin: "m:\($0)"
            )
        }
    }

    private func seconds(_ indices: [Int], _ utterances: [Utterance]) -> Double {
        indices.reduce(0) { $0 + utterances[$1].durationSeconds }
    }

    private func plan(_ utterances: [Utterance], seed: UInt64 = 5, epoch: Int = 0) -> EpochPlan {
        EpochPlan(utterances: utterances, seed: seed, epoch: epoch, batchSeconds: 60)
    }

    @Test(
        "every utterance is in exactly one batch of an epoch, and no batch exceeds its seconds",
        arguments: [1, 2, 7, 100, 1000])
    func partition(count: Int) {
        let utterances = utterances(count)
        for epoch in 0..<3 {
            let batches = plan(utterances, epoch: epoch).batches
            #expect(batches.flatMap { $0 }.sorted() == Array(0..<count))
            #expect(batches.allSatisfy { !$0.isEmpty && seconds($0, utterances) <= 60 })
        }
        #expect(plan([]).batches.isEmpty)
    }

    @Test("batches are well filled and hold like lengths")
    func quality() {
        let utterances = utterances(2000)
        let batches = plan(utterances).batches
        let least = Int((seconds(Array(utterances.indices), utterances) / 60).rounded(.up))
        // Lengths of up to a third of a batch, and the end of each pool, leave some room.
        #expect(batches.count < least * 5 / 4, "\(batches.count) batches, at least \(least)")
        let spread = batches.reduce(0.0) { sum, batch in
            let lengths = batch.map { utterances[$0].durationSeconds }
            return sum + (lengths.max() ?? 0) - (lengths.min() ?? 0)
        }
        #expect(spread / Double(batches.count) < 3, "of lengths from 1 to 20 s")
    }

    @Test("an utterance longer than a batch has one of its own")
    func longer() {
        var utterances = utterances(20)
        utterances[3].durationSeconds = 61
        utterances[4].durationSeconds = 1000
        let batches = plan(utterances).batches
        #expect(batches.contains([3]) && batches.contains([4]))
        #expect(batches.flatMap { $0 }.sorted() == Array(0..<20))
    }

    @Test("the plan is a function of names, lengths, seed and epoch, not of the manifest's order")
    func order() {
        let utterances = utterances(300)
        var places = Array(utterances.indices)
        var random = CountedRandom(seed: 3, stream: .corpusSplit, layer: 1).sequence
        places.shuffle(using: &random)
        let shuffled = places.map { utterances[$0] }
        func names(_ batches: [[Int]], _ list: [Utterance]) -> [[String]] {
            batches.map { $0.map { list[$0].id } }
        }
        let (one, other) = (plan(utterances), plan(shuffled))
        #expect(names(one.batches, utterances) == names(other.batches, shuffled))
        for (batch, same) in zip(one.batches, other.batches) {
            let shares = EpochPlan.shares(of: batch, utterances: utterances, rankCount: 3)
            let sameShares = EpochPlan.shares(of: same, utterances: shuffled, rankCount: 3)
            #expect(names(shares, utterances) == names(sameShares, shuffled))
        }
        #expect(plan(utterances) == plan(utterances))
    }

    @Test("epochs and seeds differ, in batches and in their order")
    func randomness() {
        let utterances = utterances(300)
        let plans = [plan(utterances), plan(utterances, epoch: 1), plan(utterances, seed: 6)]
        for (index, plan) in plans.enumerated() {
            for other in plans[..<index] {
                #expect(plan != other)
                #expect(Set(plan.batches.map(Set.init)) != Set(other.batches.map(Set.init)))
            }
        }
        // Lengths within an epoch must not rise or fall: short batches first would be a curriculum.
        let means = plan(utterances).batches.map { seconds($0, utterances) / Double($0.count) }
        #expect(means != means.sorted() && means != means.sorted(by: >))
    }

    @Test(
        "the ranks' shares are the batch, nearly equal, for any number of ranks", arguments: [1, 2, 3, 8, 64])
    func shares(rankCount: Int) {
        let utterances = utterances(500)
        for batch in EpochPlan(utterances: utterances, seed: 2, epoch: 0, batchSeconds: 400).batches {
            let shares = EpochPlan.shares(of: batch, utterances: utterances, rankCount: rankCount)
            #expect(shares.count == rankCount)
            #expect(shares.flatMap { $0 }.sorted() == batch.sorted())
            let loads = shares.map { seconds($0, utterances) }
            // Longest first leaves no rank more ahead than one utterance is long.
            let longest = batch.reduce(0) { max($0, utterances[$1].durationSeconds) }
            #expect((loads.max() ?? 0) - (loads.min() ?? 0) <= longest)
        }
    }

    @Test("micro-batches are a rank's share in order, each within the seconds a rank may hold")
    func microBatches() {
        let utterances = utterances(100)
        let share = Array(utterances.indices.reversed())
        for limit in [20.0, 33, 1000] {
            let pieces = EpochPlan.microBatches(of: share, utterances: utterances, rankSeconds: limit)
            #expect(pieces.flatMap { $0 } == share)
            #expect(pieces.allSatisfy { !$0.isEmpty && seconds($0, utterances) <= limit })
        }
        let pieces = EpochPlan.microBatches(of: [1, 2], utterances: utterances, rankSeconds: 0.5)
        #expect(pieces == [[1], [2]], "what is longer than allowed goes alone")
        #expect(EpochPlan.microBatches(of: [], utterances: utterances, rankSeconds: 5).isEmpty)
    }
}
