package import JSON
internal import Kernels
package import Tensors

/// Measures, on this machine, whether a model trains faster with float32 or bfloat16 products.
///
/// Its own layers are multiplied, forward and backward, once per shape: in a second or less. The rest of an
/// update, a fifth of it, costs about the same in both.
package struct PrecisionProbe: Sendable, Codable, Equatable {
    /// Processor seconds of the layers' float32 products; with a held mask, of sparse products if those are
    /// faster.
    package let float32Seconds: Double
    /// Processor seconds of the bfloat16 products; nil if this machine has none.
    package let bfloat16Seconds: Double?

    /// A result measured elsewhere.
    package init(float32Seconds: Double, bfloat16Seconds: Double?) {
        self.float32Seconds = float32Seconds
        self.bfloat16Seconds = bfloat16Seconds
    }

    /// The least speed-up for which bfloat16 is worth its rounding.
    private static let leastGain = 1.1
    /// Turns, of which the fastest counts.
    private static let turns = 3

    /// The faster precision.
    package var precision: GEMMPrecision {
        guard let bfloat16Seconds, Self.leastGain * bfloat16Seconds < float32Seconds else { return .float32 }
        return .bfloat16
    }

    /// Measures a model's products.
    ///
    /// - Parameters:
    ///   - frames: Rows of a product: the frames or tokens of one of a rank's passes.
    ///   - heldSparsity: The share of the weights that a mask prunes from the first update on; 0 if none does.
    package init(_ layout: ParameterLayout, frames: Int, heldSparsity: Double) {
        let hasBFloat16 = unavailability(of: .bfloat16) == nil
        let layers = layout.prunableSlots.filter { $0.shape.rank == 2 }
        var (float32, bfloat16) = (0.0, 0.0)
        for (shape, slots) in Dictionary(grouping: layers, by: \.shape) {
            var products = ProbedProducts(shape, frames: frames)
            var best: [GEMMPrecision: Double] = [:]
            // The first turn compiles the library's products.
            for turn in 0...Self.turns {
                for precision in GEMMPrecision.allCases where precision == .float32 || hasBFloat16 {
                    let seconds = products.seconds(precision)
                    if turn > 0 { best[precision] = min(best[precision] ?? .infinity, seconds) }
                }
            }
            let sparse = LinearProbe.updateSeconds(shape, sparsity: heldSparsity, frames: frames)
            float32 += Double(slots.count) * min(best[.float32] ?? 0, sparse ?? .infinity)
            bfloat16 += Double(slots.count) * (best[.bfloat16] ?? 0)
        }
        self.init(float32Seconds: float32, bfloat16Seconds: hasBFloat16 ? bfloat16 : nil)
    }

    /// The result for a run of these ranks: its slowest decides, and bfloat16 only counts if all have it.
    package init(slowestOf ranks: [PrecisionProbe]) {
        let bfloat16 = ranks.compactMap(\.bfloat16Seconds)
        self.init(
            float32Seconds: ranks.map(\.float32Seconds).max() ?? 0,
            bfloat16Seconds: bfloat16.count == ranks.count ? bfloat16.max() : nil)
    }

    /// The result as text.
    package var text: String {
        guard let bfloat16Seconds else { return "float32; bfloat16 is not available here" }
        let ratio = float32Seconds / bfloat16Seconds
        let found = (100 * ratio).rounded() / 100
        return "\(precision.rawValue), found by a probe: bfloat16 products run at \(found) × the speed of "
            + "float32's here"
    }

    /// The result as in `environment.json`.
    package var json: JSONValue {
        .object([
            .init("float32_seconds", .number(float32Seconds)),
            .init("bfloat16_seconds", bfloat16Seconds.map(JSONValue.number) ?? .null),
        ])
    }
}

/// The operands of one layer's products in both precisions.
private struct ProbedProducts: ~Copyable {
    private var arena = Arena()
    private let shape: Shape
    private let frames: Int
    private let dWeight: Tensor

    init(_ shape: Shape, frames: Int) {
        self.shape = shape
        self.frames = frames
        dWeight = arena.zeros(rows: shape.rows, columns: shape.columns)
    }

    /// The seconds of a forward and backward pass.
    mutating func seconds(_ precision: GEMMPrecision) -> Double {
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let input = zeros(frames, shape.columns, precision)
        let weight = zeros(shape.rows, shape.columns, precision)
        let output = zeros(frames, shape.rows, precision)
        let dInput = zeros(frames, shape.columns, precision)
        let start = processorSeconds()
        linearForward(input, weight: weight, bias: nil, into: output)
        linearBackward(output, input: input, weight: weight, dWeight: dWeight, dBias: nil, into: dInput)
        return processorSeconds() - start
    }

    private mutating func zeros(_ rows: Int, _ columns: Int, _ precision: GEMMPrecision) -> Matrix {
        let matrix = arena.matrix(rows: rows, columns: columns, precision: precision)
        matrix.clear()
        return matrix
    }
}
