internal import Kernels
internal import Tensors

/// How the layers that multiply only kept weights are chosen for training.
package enum SparseChoice: Sendable, Codable, Equatable {
    /// By measurement.
    case measured(LinearProbe = LinearProbe())
    /// Only by their share of zeros, if two runs must not differ in a bit.
    case bySparsity
    /// All, or none, whatever is faster: for checks.
    case always(Bool)

    /// The least share of zeros that `bySparsity` chooses.
    private static let clearSparsity = 0.75

    /// Whether a weight with these kept elements is chosen.
    mutating func isSparse(_ weight: Tensor, _ kept: KeptWeights, for purpose: LinearProbe.Purpose) -> Bool {
        switch self {
        case .measured(var probe):
            defer { self = .measured(probe) }
            return probe.prefersSparse(weight, kept, for: purpose)
        case .bySparsity: return kept.sparsity >= Self.clearSparsity
        case .always(let isSparse): return isSparse
        }
    }
}
