internal import CMath
public import Tensors

/// A score for each weight of the pool: state of a run that changes with every update, like Adam's moments.
///
/// Scores come from the gradient summed over all ranks, so that all ranks hold the same. They have the flat
/// store's indices; what is outside the pool takes no memory.
public struct PruningScores: ~Copyable {
    /// The kind of score.
    public let pool: PrunablePool
    private let buffer: FlatBuffer
    /// Adam's moments of trained scores; empty otherwise.
    private let firstBuffer: FlatBuffer
    private let secondBuffer: FlatBuffer

    /// Zeros for the pool of a flat store of this many elements.
    public init(pool: PrunablePool, elementCount: Int, areTrained: Bool) {
        self.pool = pool
        buffer = FlatBuffer(count: elementCount)
        firstBuffer = FlatBuffer(count: areTrained ? elementCount : 0)
        secondBuffer = FlatBuffer(count: areTrained ? elementCount : 0)
    }

    /// The scores.
    public var values: Tensor { buffer.all }
    /// The first moment of trained scores.
    public var firstMoment: Tensor? { firstBuffer.count > 0 ? firstBuffer.all : nil }
    /// The second moment of trained scores.
    public var secondMoment: Tensor? { secondBuffer.count > 0 ? secondBuffer.all : nil }

    /// All state, with its names in files and messages; empty without scores.
    public var parts: [(name: String, tensor: Tensor)] {
        [("score", buffer.all), ("score.first", firstBuffer.all), ("score.second", secondBuffer.all)]
            .filter { $0.1.count > 0 }
    }

    /// Starts trained scores as the weights themselves, as S³-Router prunes (Fu et al., 2022; its authors'
    /// `weight_magnitude_with_scale` of scale 1).
    public func copy(from values: Tensor) {
        for member in pool.members {
            buffer[member.slot.range].copy(from: values.elements(member.slot.range))
        }
    }

    /// S −= η · g · w for the pool's weights from an element on: movement (Sanh et al., 2020, equation 3).
    ///
    /// - Parameters:
    ///   - values: The unmasked weights, at the flat store's indices.
    ///   - gradients: Sums, of pruned weights too; times `factor` they are the learning rate times the mean gradient.
    public func addMovement(gradients: Tensor, values: Tensor, from offset: Int, factor: Float) {
        let scores = self.values
        for slot in pool.members.map(\.slot) where slot.offset >= offset {
            let range = slot.range
            parallelFor(range.count, grain: 65_536) { part in
                let start = range.lowerBound + part.lowerBound
                parp_add_movement(
                    scores.pointer + start, gradients.pointer + start, values.pointer + start, factor,
                    Int64(part.count))
            }
        }
    }

    /// Keeps the gradients themselves, for the mask due after this update.
    public func keep(gradients: Tensor) { copy(from: gradients) }

    /// The gradients of trained scores: those of |S| as factors of the weights, g · w · sign(S), for a range of the flat
    /// store.
    public func gradients(
        _ range: Range<Int>, gradients: Tensor, values: Tensor, into result: Tensor
    ) {
        precondition(result.count >= range.count, "\(result.count) elements for \(range.count)")
        let start = range.lowerBound
        parp_score_gradient(
            result.pointer, gradients.pointer + start, values.pointer + start, buffer.all.pointer + start,
            Int64(range.count))
    }

    /// |w| and S, each over its root mean square over the pool; where all scores are 0, |w| alone.
    func joined(with values: Tensor) -> FlatBuffer {
        let result = FlatBuffer(count: values.count)
        let scales = [values, buffer.all].map { tensor in
            let squares = pool.members.reduce(0) { sum, member in
                let range = member.slot.range
                return sum + parp_sum_of_squares(tensor.pointer + range.lowerBound, Int64(range.count))
            }
            return squares > 0 ? Float((Double(pool.count) / squares).squareRoot()) : 0
        }
        for member in pool.members {
            for index in member.slot.range {
                result.all[index] = values[index].magnitude * scales[0] + buffer.all[index] * scales[1]
            }
        }
        return result
    }
}
