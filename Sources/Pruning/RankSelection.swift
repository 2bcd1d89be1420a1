internal import CMath
internal import Tensors

/// Numbers that are ranked together, in the pool's order.
struct RankedNumbers {
    let segments: [Tensor]
    let order: SelectionOrder

    /// How many there are.
    var count: Int { segments.reduce(0) { $0 + $1.count } }

    /// The first segment with a NaN.
    var segmentWithoutNumber: Int? {
        segments.firstIndex {
            Partition([$0], order.keys, order: order, capacity: 0).hasNoNumber
        }
    }

    /// The key of a rank from 1, and how many keys are smaller; nil if one is not a number.
    ///
    /// A sample brackets the key; one pass counts what is below the bracket and collects the few inside it,
    /// among which the key is found the same way.
    func smallest(rank: Int) -> (key: UInt32, below: Int)? {
        let total = count
        precondition((1...max(1, total)).contains(rank), "rank \(rank) of \(total)")
        let sample = sortedSample(total: total)
        guard sample.allSatisfy(order.keys.contains) else { return nil }
        if sample.count == total {
            let found = sample[rank - 1]
            return (found, sample.prefix { $0 < found }.count)
        }
        var range = bracket(rank: rank, total: total, sample: sample)
        // A sample fails once in ten thousand times, and helps little if the pool has few distinct values:
        // then the range moves to the side with the rank, or is halved, until it contains the rank and little
        // else.
        while true {
            let part = Partition(segments, range, order: order, capacity: total / 8)
            if part.hasNoNumber { return nil }
            let isOneValue = range.lowerBound == range.upperBound
            if rank <= part.below {
                range = order.keys.lowerBound...range.lowerBound - 1
            } else if rank > part.below + part.inside {
                range = range.upperBound + 1...order.keys.upperBound
            } else if isOneValue {
                return (range.lowerBound, part.below)
            } else if let collected = part.collected {
                let inner = RankedNumbers(segments: [collected], order: order)
                    .smallest(rank: rank - part.below)
                return inner.map { ($0.key, $0.below + part.below) }
            } else {
                let middle = range.lowerBound + (range.upperBound - range.lowerBound) / 2
                let lower = Partition(segments, range.lowerBound...middle, order: order, capacity: 0)
                let isLower = rank <= lower.below + lower.inside
                range = isLower ? range.lowerBound...middle : middle + 1...range.upperBound
            }
        }
    }

    private static let sampleSize = 1 << 15

    /// Keys at even distances, sorted; all of them if there are few.
    private func sortedSample(total: Int) -> [UInt32] {
        let step = max(1, total / Self.sampleSize)
        var sample: [UInt32] = []
        var skip = 0
        for segment in segments {
            while skip < segment.count {
                sample.append(order.key(segment[skip]))
                skip += step
            }
            skip -= segment.count
        }
        return sample.sorted()
    }

    /// Keys that bracket the rank, except once in ten thousand times: four standard deviations of the
    /// sample's own rank.
    private func bracket(rank: Int, total: Int, sample: [UInt32]) -> ClosedRange<UInt32> {
        let share = Double(rank) / Double(total)
        let center = share * Double(sample.count)
        let width = 4 * (Double(sample.count) * share * (1 - share)).squareRoot() + 2
        let low = Int(center - width)
        let high = Int((center + width).rounded(.up))
        let lowest = low < 0 ? order.keys.lowerBound : sample[low]
        let highest = high >= sample.count ? order.keys.upperBound : sample[high]
        return lowest...highest
    }
}

/// How many keys are below and inside a range, and the numbers in the range.
private struct Partition: ~Copyable {
    let below: Int
    let inside: Int
    let hasNoNumber: Bool
    private let memory: FlatBuffer
    private let filled: Int

    /// Counts, and collects what is in the range unless it exceeds `capacity`.
    init(_ segments: [Tensor], _ range: ClosedRange<UInt32>, order: SelectionOrder, capacity: Int) {
        memory = FlatBuffer(count: max(1, capacity))
        var result = parp_partition()
        for segment in segments {
            parp_partition_numbers(
                segment.pointer, Int64(segment.count), order.countsSign, range.lowerBound, range.upperBound,
                memory.all.pointer, Int64(capacity), &result)
        }
        (below, inside) = (Int(result.below), Int(result.inside))
        (hasNoNumber, filled) = (result.has_no_number != 0, Int(result.collected))
    }

    /// The numbers of the range, if all of them were collected.
    var collected: Tensor? { filled == inside ? memory[0..<filled] : nil }
}
