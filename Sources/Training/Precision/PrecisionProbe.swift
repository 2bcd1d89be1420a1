package import JSON
internal import Kernels
package import Tensors

/// Finds out, on this machine and at once, whether a model trains faster with products of float32 or of bfloat16.
///
/// Its own layers are multiplied, forward and backward, those of one shape once for all: a second or less. The rest of an
/// update, a fifth of it, costs about the same in both.
package struct PrecisionProbe: Sendable, Codable, Equatable {
    /// Seconds of processor time of the layers' products of float32; where a mask is held, of the kept weights alone if that is faster.
    package let float32Seconds: Double
    /// Seconds of those of bfloat16; nil where this machine has none.
    package let bfloat16Seconds: Double?

    /// Seconds that were found elsewhere.
    package init(float32Seconds: Double, bfloat16Seconds: Double?) {
        self.float32Seconds = float32Seconds
        self.bfloat16Seconds = bfloat16Seconds
    }

    /// What bfloat16 must gain to be worth its rounding.
    private static let leastGain = 1.1
    /// The fastest of so many turns counts.
    private static let turns = 3

    /// What is faster.
    package var precision: GEMMPrecision {
        guard let bfloat16Seconds, Self.leastGain * bfloat16Seconds < float32Seconds else { return .float32 }
        return .bfloat16
    }

    /// Measures a model's products.
    ///
    /// - Parameters:
    ///   - frames: Rows of a product: the frames or tokens that a rank passes at once.
    ///   - heldSparsity: The share of the weights that a mask prunes from the first update on; 0 if none does.
    package init(_ layout: ParameterLayout, frames: Int, heldSparsity: Double) {
        let hasBFloat16 = unavailability(of: .bfloat16) == nil
        let layers = layout.prunableSlots.filter { $0.shape.rank == 2 }
        var (float32, bfloat16) = (0.0, 0.0)
        for (shape, slots) in Dictionary(grouping: layers, by: \.shape) {
            var products = ProbedProducts(shape, frames: frames)
            var best: [GEMMPrecision: Double] = [:]
            // The first turn makes the library's products.
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

    /// What a run of these ranks will take: as long as its slowest, and bfloat16 only where all have it.
    package init(slowestOf ranks: [PrecisionProbe]) {
        let bfloat16 = ranks.compactMap(\.bfloat16Seconds)
        self.init(
            float32Seconds: ranks.map(\.float32Seconds).max() ?? 0,
            bfloat16Seconds: bfloat16.count == ranks.count ? bfloat16.max() : nil)
    }

    /// What was found, as a line says it.
    package var text: String {
        guard let bfloat16Seconds else { return "float32; bfloat16 cannot be had here" }
        let ratio = float32Seconds / bfloat16Seconds
        let found = (100 * ratio).rounded() / 100
        return "\(precision.rawValue), found by a probe: products of bfloat16 run at \(found) × the speed of "
            + "float32's here"
    }

    /// What was found, as `environment.json` holds it.
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

    /// The seconds of a pass forward and backward.
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
