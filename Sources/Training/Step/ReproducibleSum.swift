internal import Collectives
internal import Kernels
internal import Optimization
internal import Tensors

/// Sums the gradients of a global batch's parts over parts and ranks, to the same bits however the parts are
/// distributed.
///
/// It replaces `GradientReducer` in a reproducible run. Each part is rounded once, to multiples of
/// `ExactSum.quantum`, and sums of these are exact, so they do not depend on the number of ranks or nodes or
/// on message sizes. The cost: several digits of each number travel, after backward has ended.
struct ReproducibleSum: ~Copyable {
    /// Numbers sent at once.
    private static let chunk = 1 << 20

    private let communicator: any Communicator
    private let gradients: Tensor
    private var sum: ExactSum
    /// Room for the digits of a chunk, shared by a node's ranks; none with a single rank.
    private var digits: FlatBuffer?
    private let digitCount: Int

    /// A sum of at most `parts` gradients.
    init(communicator: any Communicator, gradients: Tensor, parts: Int) {
        self.communicator = communicator
        self.gradients = gradients
        sum = ExactSum(count: gradients.count, terms: parts)
        digitCount = ExactSum.digits(processes: communicator.size)
    }

    /// Starts an update in which the gradients from an offset to the end are summed.
    mutating func begin(trainableFrom offset: Int) { sum.clear(from: offset) }

    /// Adds the gradients of a part, and zeroes them for the next.
    mutating func addPart(from offset: Int) {
        let part = gradients.elements(offset..<gradients.count)
        sum.add(part, at: offset)
        part.fill(0)
    }

    /// Puts the sums of all parts of all ranks into the gradients.
    ///
    /// - Returns: Whether every gradient of this rank was finite and small enough to be summed exactly.
    mutating func finish(from offset: Int, kept: KeptElements?) throws -> Bool {
        let room = try roomForDigits()
        for start in stride(from: offset, to: gradients.count, by: Self.chunk) {
            let range = start..<min(gradients.count, start + Self.chunk)
            try finish(range, room: room, kept: kept?.from(start))
        }
        return sum.isExact
    }

    /// Allocated by all ranks together in their first update; nil with a single rank.
    private mutating func roomForDigits() throws -> Tensor? {
        if digits == nil && communicator.size > 1 {
            digits = try communicator.makeBuffer(count: digitCount * min(Self.chunk, gradients.count))
        }
        return digits?.all
    }

    private mutating func finish(_ range: Range<Int>, room: Tensor?, kept: KeptElements?) throws {
        let target = gradients.elements(range)
        guard let room else {
            sum.write(range, into: target)
            kept?.clearDropped(in: target)
            return
        }
        let pieces = (0..<digitCount).map { room.elements($0 * range.count..<($0 + 1) * range.count) }
        sum.takeDigits(of: range, into: pieces)
        let operations = pieces.map { communicator.enqueueSum($0, wire: .float32, kept: kept) }
        for operation in operations { try operation.wait() }
        ExactSum.compose(pieces, into: target)
    }
}
